"""Yosemitech probes (Modbus manuals of Y504, Y532, Y4000): little-endian floats, silent where they have no register."""

import struct

from hw_sim.instruments.base import Unit


def floats(*numbers: float) -> list[int]:
    """32-bit floats with all four bytes reversed (DCBA), as registers."""
    return list(struct.unpack(f">{2 * len(numbers)}H", struct.pack(f"<{len(numbers)}f", *numbers)))


class Probe(Unit):
    """Blocks that begin at a given register; more registers than there are get no answer."""

    functions = (0x03, 0x10)
    silent_on_unknown = True
    family = "00"

    def blocks(self, now: float) -> dict[int, list[int]]:
        """Address → registers from there on."""
        raise NotImplementedError

    def block(self, address: int, count: int, now: float) -> list[int] | None:
        """The block of the model, or what all models have: serial number and version."""
        common = {0x0900: self._serial(), 0x0700: floats(1.7), 0x3000: [0x0100]}
        registers = (common | self.blocks(now)).get(address)
        return registers[:count] if registers is not None and count <= len(registers) else None

    def _serial(self) -> list[int]:
        text = f"\tY{self.family}23060017".encode().ljust(14, b"\0")
        return list(struct.unpack(">7H", text))


class Y504(Probe):
    """Dissolved oxygen. Reading 0x2500 starts it."""

    family = "01"

    def blocks(self, now: float) -> dict[int, list[int]]:
        """Temperature, saturation as a fraction, mg/L."""
        temperature, oxygen = self.world.value("water_temperature", now), self.world.value("oxygen", now)
        return {0x2600: floats(temperature, oxygen / (14.6 - 0.32 * temperature), oxygen), 0x2500: [0]}


class Y532(Probe):
    """pH."""

    family = "43"

    def blocks(self, now: float) -> dict[int, list[int]]:
        """pH, temperature, mV."""
        acid = self.world.value("ph", now)
        return {
            0x2800: floats(acid),
            0x2400: floats(self.world.value("water_temperature", now)),
            0x1200: floats((7 - acid) * 59.16),
        }


class Y4000(Probe):
    """The sonde: eight values from 0x2601 on, errors in 0x0800."""

    family = "38"

    def blocks(self, now: float) -> dict[int, list[int]]:
        """DO mg/L, NTU, mS/cm, pH, °C, mV, chlorophyll µg/L, algae cells/mL."""
        value = self.world.value
        numbers = (
            value("oxygen", now), value("turbidity", now), value("conductivity", now) / 1000, value("ph", now),
            value("water_temperature", now), value("orp", now), value("chlorophyll", now), value("algae", now),
        )  # fmt: skip
        return {0x2601: floats(*numbers), 0x0800: [0], 0x1400: self._serial()}
