"""RS-485 noise transmitter of the Renke kind: level × 10 in register 0, address and speed in 0x07D0 and 0x07D1."""

from hw_sim.instruments.base import Unit


class Rs485Noise(Unit):
    """30 to 120 dB(A)."""

    functions = (0x03, 0x06)
    universal = 0xFF

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """One level; the settings."""
        if (address, count) == (0, 1):
            return [round(10 * min(120.0, max(30.0, self.world.value("noise", now))))]
        if address == 0x07D0 and count <= 2:
            return [int(self.settings.get("unit", 1)), 1][:count]
        return None
