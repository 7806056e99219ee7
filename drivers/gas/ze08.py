"""Winsen ZE08-CH2O (and ZE07-CH2O): formaldehyde by an electrochemical cell, UART 9600 8N1, 5 V, 3.3 V logic.

Source: Winsen ZE08-CH2O manual, v1.0; ZE07-CH2O manual, tables 5 to 8 (the same protocol). Frames of nine bytes: FF, seven
bytes, and what makes the sum of those and itself 0 in its low byte. By itself it says once a second FF 17 04, decimals (0),
ppb and full scale, high byte first. Asked (FF 01 86), it answers FF 86, µg/m³, two spare bytes and ppb. FF 01 78 40 and 41
choose between the two ways; what it answers to that is not published, and not waited for.

What it cannot say: its state, and a drift below zero, which the module holds at 0. Field oddity: alcohol and other solvents read
as formaldehyde.
"""

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Garbled
from drivers.gas._winsen import ANSWER, PPB, Frames, Settings, choose
from drivers.sample import Sample

FORMALDEHYDE = 0x17
FULL = 5000  # ppb
FRAMES = Frames(FORMALDEHYDE)


def decode(frame: bytes, _settings: Settings) -> Sample:
    """Formaldehyde in ppb. Raises Garbled, or Foreign for our own command."""
    FRAMES.expect(frame)
    if frame[1] == ANSWER:
        status: dict[str, int | float | str] = {"micrograms": int.from_bytes(frame[2:4], "big")}
        share, full = int.from_bytes(frame[6:8], "big"), FULL
    else:
        if frame[2:4] != bytes((PPB, 0)):
            raise Garbled("not ppb without decimals", reason="header", raw=frame, expected="0400", got=frame[2:4].hex())
        share, full = int.from_bytes(frame[4:6], "big"), int.from_bytes(frame[6:8], "big")
        status = {"full_scale": full}
    if share >= full:
        return Sample({}, {"hcho": "saturated"}, {**status, "raw_ppb": share}, "saturated")
    return Sample({"hcho": float(share)}, status=status)


def begin(port: StreamPort, settings: Settings) -> None:
    """Choose how it speaks. Raises PortLost."""
    choose(port, settings.mode)


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """The newest measurement; asked for in query mode. Raises a wire error."""
    return decode(FRAMES.receive(port, settings.mode), settings)


DRIVERS = (
    Driver(
        name="ze08",
        title="Winsen ZE08-CH2O formaldehyde module (also ZE07-CH2O)",
        zh="炜盛 ZE08-CH2O 甲醛模块（ZE07-CH2O 同）",
        port="uart",
        page=Page(
            source="Winsen ZE08-CH2O manual, v1.0; ZE07-CH2O manual",
            published=True,
            wiring=(
                ("VIN (5 V)", "5V"),
                ("GND", "GND"),
                ("TXD", "RXD"),
                ("RXD", "TXD"),
                ("DAC", "OPEN"),
            ),
            supply=(
                "3.7 to 5.5 V; signals 3.3 V, straight to the Pi. The order of pins differs: read the names on the board",
                "3.7～5.5 V；信号 3.3 V，可直接接树莓派。各版本引脚次序不同，以板上标注为准",
            ),
            faults=(
                (
                    "far too high after cleaning or painting: alcohol and solvents read as formaldehyde; air it for a day",
                    "清洁或刷漆后严重偏高：酒精、溶剂会被当作甲醛，应通风一天",
                ),
                (
                    "always 0: clean air, or a cell that has drifted below zero; compare with a second one",
                    "恒为 0：空气清洁，或传感器负漂被模块截为 0；应与另一只比对",
                ),
                (
                    "timeout in active mode: an earlier owner left it in question mode and RXD is not wired",
                    "active 模式超时：此前被设为问答模式，而 RXD 未接",
                ),
            ),
            cannot=("its state, and a drift below zero", "不报告自身状态，也不给出负漂"),
        ),
        quantities=("hcho",),
        split=FRAMES.split,
        decode=decode,
        read=read,
        begin=begin,
        settings=Settings,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=1.0,
        deadline=2.5,
        warm_up=180.0,
        resolution={"hcho": 1.0},
    ),
)
