"""The dock of figures: chosen angles in digits as large as the dock allows."""
