"""Flow in pipes: TUF-2000M (ultrasonic), FUF2000 (electromagnetic); the world's flow is taken as m³/h.

BuLuKeSi, TianYi, VOTEC VT2000, HuangYu and, in a channel, Yiwen take it as L/s.
"""

import math

from hw_sim.instruments.base import Map, Talker, float_abcd, float_cdab, float_dcba, placed


class Tuf2000(Map):
    """Registers counted from 1: 1–2 flow CDAB in m³/h, 9–10 net total, 92 signal quality in the low byte (0 to 99).

    Assumed: the total is a whole number of m³ in 32 bits, signed, low word first; the quality's high byte is 0.
    settings: `quality` (87), `total` m³ at the scenario's midnight (1200), `reverse` true: the pipe flows backwards.
    """

    def registers(self, now: float) -> dict[int, int]:
        """The rest of the first ninety-two registers is 0."""
        sign = -1 if self.settings.get("reverse") else 1
        flow = sign * self.world.value("flow", now)
        total = math.floor(float(self.settings.get("total", 1200)) + flow * now / 3600) & 0xFFFFFFFF
        quality = int(self.settings.get("quality", 87)) & 0xFF
        shown = placed(0, float_cdab(flow)) | placed(8, [total & 0xFFFF, total >> 16]) | {91: quality}
        return dict.fromkeys(range(92), 0) | shown


class ElectromagneticFlow(Map):
    """FUF2000: function 04, 0x0006: flow ABCD; negative when it flows backwards. settings: `reverse`."""

    functions: tuple[int, ...] = (0x04,)
    start = 0x0006

    def registers(self, now: float) -> dict[int, int]:
        """Two registers."""
        sign = -1 if self.settings.get("reverse") else 1
        return placed(self.start, float_abcd(sign * self.world.value("flow", now)))


class Vt2000(Map):
    """0 flow in L/s, 2 total in m³, ABCD. settings: `total` m³ at the scenario's midnight (38), `reverse`."""

    start = 0x0000

    def registers(self, now: float) -> dict[int, int]:
        """Four registers."""
        flow, total = self.measure(now)
        return placed(self.start, float_abcd(flow), float_abcd(total))

    def measure(self, now: float) -> tuple[float, float]:
        """Flow in L/s, total in m³."""
        flow = (-1 if self.settings.get("reverse") else 1) * self.world.value("flow", now)
        return flow, float(self.settings.get("total", 38)) + flow * now / 1000


class TianYi(Vt2000):
    """The same from 0x054D on, and a third float. Assumed: that is the total once more."""

    start = 0x054D

    def registers(self, now: float) -> dict[int, int]:
        """Six registers."""
        return super().registers(now) | placed(self.start + 4, float_abcd(self.measure(now)[1]))


class BuLuKeSi(Vt2000):
    """0x0509 flow in L/s, ABCD, then the total: ten thousands of m³ and L, whole numbers of 32 bits."""

    start = 0x0509

    def registers(self, now: float) -> dict[int, int]:
        """Six registers."""
        flow, total = self.measure(now)
        parts = divmod(round(1000 * total), 10_000_000)
        return placed(self.start, float_abcd(flow), *([part >> 16, part & 0xFFFF] for part in parts))


class HuangYuFlow(Vt2000):
    """Function 04: 0x0016 flow in L/s, 0x001A total in m³, DCBA; settings the same."""

    functions = (0x04,)

    def registers(self, now: float) -> dict[int, int]:
        """Six registers; the two in the middle are 0."""
        flow, total = self.measure(now)
        return placed(0x0016, float_dcba(flow), [0, 0], float_dcba(total))


class YiwenFlow(Talker):
    """Answers the byte 0x11 with text: "Q=4.52L/S M=120.0". Assumed: CR LF at the end, the total in m³.

    settings: `total` m³ at the scenario's midnight (120).
    """

    def due(self, now: float) -> bytes:
        """It speaks only when asked."""
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """One question."""
        if b"\x11" not in data:
            return b""
        flow = self.world.value("flow", now)
        total = float(self.settings.get("total", 120)) + flow * now / 1000
        return f"Q={flow:.2f}L/S M={total:.1f}\r\n".encode()
