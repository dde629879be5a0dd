"""Benchmarks: what every hop from camera to screen costs, and soak runs."""
