"""The simulated wires: each offers an address that production opens as it opens a real port."""
