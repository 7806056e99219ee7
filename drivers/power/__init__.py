"""Instruments of power supply and electricity."""
