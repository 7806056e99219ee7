"""Winsen MH-Z19B (also MH-Z14A): carbon dioxide by infrared absorption, UART 9600 8N1, 5 V, 3.3 V logic.

Source: Winsen, MH-Z19B manual, v1.6. It is asked with FF 01 86 and answers nine bytes: FF 86, the concentration in ppm (high byte
first), four bytes that the manual leaves open (the first is the temperature + 40 in °C in all logs), the complement of the sum.

What it cannot say: its serial number; whether its automatic zero (each 24 h the lowest reading becomes 400 ppm) has drifted off.
Field oddities: 0 ppm while it preheats is no measurement; constant 410 or 500 ppm in the first minutes is the same,
which only the warm-up tells apart.
"""

from typing import Any

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, cut, expect_length, expect_zero_sum
from drivers.sample import Sample

ANSWER, OURS = b"\xff\x86", b"\xff\x01"
HEADS = (ANSWER, OURS)
SIZE = 9
ASK = bytes.fromhex("ff0186000000000079")
OFFSET = 40  # °C


def _check(frame: bytes) -> None:
    expect_zero_sum(frame, 1)


def split(buffer: bytes) -> Cut:
    """Answers and our own question (to be known as such) out of a stream."""
    return cut(buffer, HEADS, lambda _buffer: SIZE, _check)


def decode(frame: bytes, _settings: Any) -> Sample:
    """One frame: carbon dioxide in ppm. Raises Garbled, or Foreign for our own question."""
    if not frame.startswith(HEADS):
        reason = "truncated" if ANSWER.startswith(frame) else "header"
        raise Garbled("no frame", reason=reason, raw=frame, expected=ANSWER.hex(), got=frame[:2].hex())
    expect_length(frame, SIZE)
    _check(frame)
    if frame.startswith(OURS):
        raise Foreign("our own question came back", reason="echo", raw=frame)
    co2 = frame[2] << 8 | frame[3]
    status: dict[str, int | float | str] = {"temperature": frame[4] - OFFSET} if frame[4] else {}
    return Sample({"co2": float(co2)}, status=status) if co2 else Sample({}, status=status, reason="warm_up")


def read(port: StreamPort, _environment: Environment, settings: Any) -> Sample:
    """Ask for the concentration. Raises a wire error."""
    port.send(ASK)
    return decode(port.receive(split), settings)


DRIVERS = (
    Driver(
        name="mhz19",
        title="Winsen MH-Z19B carbon dioxide sensor (also MH-Z14A)",
        zh="炜盛 MH-Z19B 二氧化碳传感器（MH-Z14A 同）",
        port="uart",
        page=Page(
            source="Winsen MH-Z19B manual, v1.6",
            published=True,
            wiring=(("Vin", "5V"), ("GND", "GND"), ("Tx", "RXD"), ("Rx", "TXD"), ("PWM", "OPEN"), ("HD", "OPEN")),
            supply=("5 V, 150 mA peak; signals 3.3 V, straight to the Pi", "5 V，峰值 150 mA；信号 3.3 V，可直接接树莓派"),
            faults=(
                ("stays at 410 or 500 ppm: still preheating, or no clean supply", "恒为 410 或 500：仍在预热，或供电不稳"),
                (
                    "drifts down over weeks indoors: its automatic zero needs fresh air each day",
                    "室内数周内偏低：自动归零需要每天接触新鲜空气",
                ),
                (
                    "no answer: RX and TX swapped, HD pulled low (that starts a zero calibration)",
                    "无应答：RX、TX 接反；HD 被拉低（会触发零点校准）",
                ),
            ),
            cannot=("its serial number; whether its automatic zero is off", "无序列号；不能判断自动归零是否偏移"),
        ),
        quantities=("co2",),
        split=split,
        decode=decode,
        read=read,
        defaults={"baud": 9600},
        interval=5.0,
        least_interval=2.0,
        deadline=1.0,
        warm_up=180.0,
        resolution={"co2": 1.0},
    ),
)
