"""Instruments of wind."""
