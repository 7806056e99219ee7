"""`station compute`: functions.py names what can be computed and where the formula comes from, calculator.py calls it."""
