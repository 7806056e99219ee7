"""Particulate matter: one device family a file."""
