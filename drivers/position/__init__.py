"""Position and time: one device family a file."""
