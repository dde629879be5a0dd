"""A result becomes a list of primitives; `raster` paints them on an array."""
