"""Water quality: one device family a file."""
