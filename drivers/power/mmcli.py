"""A cellular modem's signal strength from ModemManager, by its program `mmcli`: for modems whose AT port it holds.

Source: mmcli(1) of ModemManager 1.20 (`--signal-setup`, `--signal-get`, `--output-json`), interface
org.freedesktop.ModemManager1.Modem.Signal: per technology rssi, rsrp and others in dBm as text, "--" for what is not known;
`refresh.rate` 0 means that nobody has asked ModemManager to look. `any` is the first modem. One frame is the whole JSON text.

What it cannot say: whether the network forwards anything. Field oddities: the first numbers come ten seconds after
`--signal-setup`; an ordinary user needs a polkit rule for it, as install.sh brings; RSRP is 20 to 30 dB lower than RSSI at the
same place.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.driver import Driver, Environment, Page, ProgramPort
from drivers.errors import Garbled
from drivers.frames import Cut
from drivers.sample import Kind, Sample

KEY = "signal_strength"
RATE = 10
TECHNOLOGIES = {"rssi": ("lte", "umts", "gsm", "evdo", "cdma1x"), "rsrp": ("5g", "lte")}
"""What is measured → the technologies that may have it, the best first."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which modem, and what of it."""

    modem: str = field(default="any", metadata={"help": "as `mmcli -m` wants it", "pattern": r"[\w/.-]{1,64}"})
    measure: str = field(default="rssi", metadata={"help": "rsrp: of LTE and 5G", "choices": tuple(TECHNOLOGIES)})


def split(buffer: bytes) -> Cut:
    """One answer is one frame."""
    return Cut((buffer,) if buffer else (), b"")


def decode(frame: bytes, settings: Settings) -> Sample:
    """One answer: dBm, or who the modem is. Raises Garbled."""
    modem = _table(_parsed(frame), "modem", frame)
    if "signal" not in modem:
        generic = _table(modem, "generic", frame)
        told = {name: str(generic[name]) for name in ("equipment-identifier", "model", "state") if name in generic}
        return Sample({}, status=told, kind=Kind.IDENTITY)
    signal = _table(modem, "signal", frame)
    numbers = {
        f"{technology} {name}": number
        for technology, table in signal.items()
        if isinstance(table, dict) and technology not in ("refresh", "threshold")
        for name, text in table.items()
        if (number := _number(text)) is not None
    }
    for technology in TECHNOLOGIES[settings.measure]:
        strength = numbers.get(f"{technology} {settings.measure}")
        if strength is not None and -200 <= strength <= 0:
            return Sample({KEY: strength}, status=numbers)
    refresh = signal.get("refresh")
    reason = "not_started" if isinstance(refresh, dict) and refresh.get("rate") == "0" else "sentinel"
    return Sample({}, {KEY: reason}, numbers, reason)


def _parsed(frame: bytes) -> Any:
    try:
        return json.loads(frame)
    except (ValueError, RecursionError):
        reason = "truncated" if frame.lstrip()[:1] == b"{" and not frame.rstrip().endswith(b"}") else "header"
        raise Garbled("this is not JSON", reason=reason, raw=frame[:64], expected="{…}", got=repr(frame[-12:])) from None


def _table(content: Any, key: str, frame: bytes) -> Mapping[str, Any]:
    found = content.get(key) if isinstance(content, dict) else None
    if not isinstance(found, dict):
        raise Garbled(f"there is no table {key!r}", reason="header", raw=frame[:64], expected=key, got=type(found).__name__)
    return found


def _number(text: Any) -> float | None:
    """A decimal number that is written as text, None for anything else."""
    try:
        number = float(text) if isinstance(text, str) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def begin(port: ProgramPort, settings: Settings) -> None:
    """Ask ModemManager to look regularly. Raises a wire error."""
    port.run("-m", settings.modem, f"--signal-setup={RATE}")


def read(port: ProgramPort, _environment: Environment, settings: Settings) -> Sample:
    """What ModemManager saw last. Raises a wire error."""
    return decode(port.run("-m", settings.modem, "--signal-get", "--output-json"), settings)


def identify(port: ProgramPort, settings: Settings) -> str:
    """The IMEI. Raises a wire error."""
    answer = decode(port.run("-m", settings.modem, "--output-json"), settings)
    return str(answer.status.get("equipment-identifier", ""))


DRIVERS = (
    Driver(
        name="mmcli",
        title="cellular modem, signal strength through ModemManager (mmcli)",
        zh="蜂窝模块信号强度（经 ModemManager 的 mmcli）",
        port="program",
        page=Page(
            source="mmcli(1) of ModemManager 1.20; org.freedesktop.ModemManager1.Modem.Signal",
            published=False,
            wiring=(("USB", "USB"),),
            supply=(
                "5 V through USB; up to 2 A for milliseconds: a weak supply resets it",
                "USB 5 V；瞬时可达 2 A，供电弱会重启",
            ),
            faults=(
                (
                    "port: mmcli is not installed, or there is no modem: run `mmcli -L`",
                    "port：未安装 mmcli 或没有模块：运行 mmcli -L",
                ),
                (
                    "port, Unauthorized: an ordinary user needs a polkit rule for ModemManager, as install.sh brings",
                    "port，Unauthorized：普通用户需有 ModemManager 的 polkit 规则（install.sh 会装）",
                ),
                ("sentinel: no network, antenna loose, SIM without service", "sentinel：无网络、天线松动或 SIM 停机"),
            ),
            cannot=("whether the network forwards anything", "不能判断网络是否真的通"),
        ),
        quantities=(KEY,),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        identify=identify,
        settings=Settings,
        interval=60.0,
        least_interval=10.0,
        deadline=5.0,
        warm_up=10.0,
        resolution={KEY: 0.1},
        confidence="likely",
    ),
)
