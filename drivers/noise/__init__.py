"""Noise: one device family a file."""
