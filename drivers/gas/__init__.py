"""Gases and volatile organic compounds: one device family a file. `_index.py` is the gas index algorithm."""
