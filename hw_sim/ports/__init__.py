"""How simulated bytes reach the station: the transports that production opens, with a fake at the other end."""
