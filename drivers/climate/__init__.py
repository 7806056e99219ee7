"""Air temperature, humidity, pressure: one device family a file."""
