"""The buses, and each instrument: does it answer, is it the right one, are its values possible, is it calibrated?"""

import grp
import os
import pwd
import shutil
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from calibration.certificate import Certificate, choose
from calibration.certificate import load as load_certificates
from drivers.quantity import quantities
from station import words
from station.buses import speed_of
from station.config import Bus, Config, Instrument, address_of
from station.doctor.check import DEVICE, Check, failed, good, skipped, warning, wire
from station.doctor.host import Host
from station.live import read_fresh
from station.memory import Memory
from station.places import Places
from station.upkeep.asking import NoReply, read_now
from station.upkeep.scan import SPEEDS, Found, scan_serial, sweep
from station.words import _

TCP_PATIENCE = 3.0
"""s for a Modbus TCP server to take the connection."""

SAFE_I2C = 100_000
"""Hz that every supported sensor stands."""

SOON = timedelta(days=45)
"""A certificate that ends within this time is to be renewed at the next visit."""

GARBAGE = ("wrong_speed", "header", "length", "truncated", "checksum")
"""Reasons after which it is worth to hear what does speak on the line."""

SILENT = ("timeout", *GARBAGE)
"""Reasons after which a Modbus unit is looked for at other speeds and parities: once a line, for it takes ten seconds."""

FIXED = ("tcp://", "socket://")
"""Ports whose speed is not ours to set."""

ACQUIRE = "station-acquire"
UNIT_GROUPS = ("station", "dialout", "i2c", "gpio")
"""Groups that station-acquire.service runs with."""


def check_sensors(host: Host, where: Places, config: Config) -> Iterator[Check]:
    """Every bus, and on those that can be used every instrument."""
    live = read_fresh(where.live)
    certificates, bad = load_certificates(where.certificates)
    yield from (failed("certificates", "bad_certificate", path=path, why=why) for path, why in bad.items())
    today = datetime.fromtimestamp(host.wall(), UTC).date()
    remembered = Memory(where.memory, host.wall()).identities
    for bus in config.buses:
        mine = [one for one in config.instruments if one.bus == bus.name]
        usable, searched = True, False
        if mine:
            checked = check_bus(host, bus, acquiring=live is not None)
            usable = checked.verdict != "failed"
            yield checked
        for one in mine:
            answer = _answer(config, one, where)
            other = None
            if usable and live is None and not bus.sought and not bus.port.startswith(FIXED):
                if bus.kind == "uart" and answer["reason"] in GARBAGE:
                    other = _heard_instead(bus, one)
                elif bus.kind == "modbus" and answer["reason"] in SILENT and not searched:
                    other, searched = _found_instead(bus, one), True
            yield other or _answers(bus, one, answer, usable)
            if "values" in answer:
                yield from _identity(one, answer, remembered)
                yield from _plausible(config, one, answer, live)
            yield from _calibrated(one, certificates, where.certificates, today)


def check_bus(host: Host, bus: Bus, acquiring: bool) -> Check:
    """Is the port there, ours to open, and nobody else's?"""
    name = f"bus.{bus.name}"
    scheme, _colon, rest = bus.port.partition(":")
    if scheme in ("tcp", "socket", "rfc2217"):
        return _tcp(name, bus.port)
    if bus.sought:
        return skipped(name, _("the port is found by what answers there"))
    if bus.kind == "program":
        found = shutil.which(bus.port)
        return good(name, found) if found else failed(name, "port_missing", DEVICE, port=bus.port, present="")
    if scheme == "unix":
        return good(name, bus.port) if Path(rest).exists() else failed(name, "port_missing", DEVICE, port=bus.port, present="")
    if bus.kind == "gpio":
        return skipped(name, _("pins have no state of their own"))
    if not Path(bus.port).exists():
        return _missing(host, name, bus)
    if shut := _shut_out(host, name, bus.port):
        return shut
    console = (host.read("/proc/cmdline") or "").split()
    real = os.path.basename(os.path.realpath(bus.port))
    mine = [word for word in console if word.startswith("console=") and word[8:].partition(",")[0] in (real, Path(bus.port).name)]
    if mine:
        return failed(name, "console", DEVICE, port=bus.port, console=mine[0])
    if not acquiring and (holder := _holder(host, bus.port)):
        return failed(name, "port_held", DEVICE, port=bus.port, holder=holder)
    speed = _i2c_speed(host, bus)
    if speed > SAFE_I2C:
        return warning(name, "i2c_fast", speed=speed)
    return good(name, bus.port)


def _missing(host: Host, name: str, bus: Bus) -> Check:
    if bus.kind == "i2c":
        if not host.glob("/sys/class/i2c-adapter/*"):
            return failed(name, "i2c_off", DEVICE, port=bus.port)
        if not host.path("/sys/module/i2c_dev").exists():
            return failed(name, "i2c_module", DEVICE, port=bus.port)
    present = ", ".join(path.name for path in host.glob("/dev/serial/by-path/*")) or _("none")
    return failed(name, "port_missing", DEVICE, port=bus.port, present=present)


def _tcp(name: str, port: str) -> Check:
    host, _colon, number = port.partition("://")[2].partition("?")[0].rpartition(":")
    try:
        socket.create_connection((host, int(number)), TCP_PATIENCE).close()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return failed(name, "bus_tcp", DEVICE, port=port, why=why)
    return good(name, port)


def _shut_out(host: Host, name: str, port: str) -> Check | None:
    """The port's owner, group and mode keep out the user who is to read it."""
    found = os.stat(port)
    users, groups = host.accounts("passwd"), host.accounts("group")
    if ACQUIRE in users:
        user = ACQUIRE
        numbers = {int(groups[one][2]) for one in UNIT_GROUPS if one in groups}
        own = found.st_uid == int(users[ACQUIRE][2])
        mode = found.st_mode >> 6 if own else found.st_mode >> 3 if found.st_gid in numbers else found.st_mode
        allowed = mode & 0o6 == 0o6
    else:
        user = pwd.getpwuid(os.geteuid()).pw_name
        allowed = os.access(port, os.R_OK | os.W_OK)
    if allowed:
        return None
    owner, group = _owner(found)
    return failed(
        name, "port_rights", DEVICE, port=port, user=user, owner=owner, group=group, mode=f"{stat.S_IMODE(found.st_mode):o}"
    )  # fmt: skip


def _owner(found: os.stat_result) -> tuple[str, str]:
    try:
        return pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        return str(found.st_uid), str(found.st_gid)


def _holder(host: Host, port: str) -> str:
    """Who has locked the port, by /proc/locks: our own door locks it so, and most terminal programs do."""
    found = os.stat(port)
    inode = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in (host.read("/proc/locks") or "").splitlines():
        words_ = line.split()
        if inode in words_ and "FLOCK" in words_:
            number = words_[words_.index(inode) - 1]
            program = host.read(f"/proc/{number}/comm") or "?"
            return f"{program}, {number}"
    return ""


def _i2c_speed(host: Host, bus: Bus) -> int:
    """Hz as the device tree says, 0 if it does not."""
    path = host.path(f"/sys/bus/i2c/devices/{Path(bus.port).name}/of_node/clock-frequency")
    try:
        return int.from_bytes(path.read_bytes()[:4], "big") if bus.kind == "i2c" else 0
    except OSError:
        return 0


def _answer(config: Config, instrument: Instrument, where: Places) -> dict[str, Any]:
    try:
        return read_now(config, instrument, where)
    except NoReply as error:
        return {"reason": "timeout", "evidence": str(error)}


def _answers(bus: Bus, instrument: Instrument, answer: dict[str, Any], usable: bool) -> Check:
    name = f"{instrument.name}.answers"
    reason, evidence = answer["reason"], answer["evidence"]
    if not evidence:
        if answer["ok"]:
            return good(name, _("{count} values").format(count=len(answer["values"])))
        if reason in ("warm_up", "not_started"):
            return wire(name, reason, "")
        lacking = ", ".join(answer["fields"]) or "*"
        return failed(name, "no_value", DEVICE, quantity=lacking, reason=reason, name=instrument.name)
    if bus.kind == "i2c" and reason == "port" and usable:
        return failed(name, "bus_held_low", DEVICE, port=bus.port, why=evidence)
    return wire(name, reason, evidence)


def _heard_instead(bus: Bus, instrument: Instrument) -> Check | None:
    """What does speak on a line that gives no frame of ours: another model, or the same at another speed."""
    name = f"{instrument.name}.answers"
    found = scan_serial(bus.port, lambda what, left: None)
    if not found.guesses:
        return None
    if instrument.driver not in found.guesses:
        facts = {"names": ", ".join(found.guesses), "baud": found.baud, "driver": instrument.driver}
        return failed(name, "other_model", DEVICE, port=bus.port, **facts)
    return _other_speed(bus, instrument, found)


def _found_instead(bus: Bus, instrument: Instrument) -> Check | None:
    """Whether a Modbus unit that keeps silent answers at another speed or parity."""
    configured = speed_of(bus, instrument)[:2]
    others = [way for way in SPEEDS if way != configured]
    found = next(sweep(bus.port, [address_of(instrument)], lambda what, left: None, others), None)
    return _other_speed(bus, instrument, found) if found is not None and found.baud else None


def _other_speed(bus: Bus, instrument: Instrument, found: Found) -> Check | None:
    """The device was found where it was not expected."""
    name, (baud, parity, _stopbits) = f"{instrument.name}.answers", speed_of(bus, instrument)
    if found.baud != baud:
        return failed(name, "other_speed", DEVICE, port=bus.port, baud=found.baud, configured=baud)
    if found.parity != parity:
        return failed(name, "other_parity", DEVICE, port=bus.port, parity=found.parity, configured=parity)
    return None


def _identity(instrument: Instrument, answer: dict[str, Any], remembered: dict[str, str]) -> Iterator[Check]:
    name, told = f"{instrument.name}.identity", answer["identity"]
    if not told:
        return
    expected = remembered.get(instrument.name, "")
    if expected and expected != told:
        yield failed(name, "swapped", identity=told, expected=expected, name=instrument.name)
    elif instrument.serial and instrument.serial not in told:
        yield failed(name, "swapped", identity=told, expected=instrument.serial, name=instrument.name)
    else:
        yield good(name, told)


def _plausible(config: Config, instrument: Instrument, answer: dict[str, Any], live: dict[str, Any] | None) -> Iterator[Check]:
    name, registry = f"{instrument.name}.plausible", quantities()
    values = {key: value for key, value in answer["values"].items() if key in instrument.channels}
    for key, value in values.items():
        limits = config.limits.get(key)
        if limits is not None and not limits.possible(value):
            shown = {"quantity": registry[key].name(words.language()), "value": registry[key].text(value)}
            yield failed(name, "implausible", **shown, low=limits.low, high=limits.high)
            return
    for row in live["channels"] if live else ():
        if row[0] == instrument.name and row[4] == 3 and row[5] not in ("warm_up", "maintenance", "out_of_calibration"):
            yield warning(name, "flagged", quantity=registry[row[1]].name(words.language()), reason=row[5])
            return
    if values:
        yield good(name, ", ".join(registry[key].text(value) for key, value in list(values.items())[:4]))


def _calibrated(instrument: Instrument, certificates: list[Certificate], folder: Path, today: date) -> Iterator[Check]:
    """Only where somebody has begun to calibrate: an instrument without a serial number can have no certificate."""
    if not instrument.serial:
        return
    name = f"{instrument.name}.calibration"
    mine = [one for one in certificates if one.serial == instrument.serial and one.quantity in instrument.channels]
    if not mine:
        shown = quantities()[instrument.channels[0]].name(words.language())
        yield warning(name, "uncalibrated", quantity=shown, serial=instrument.serial, folder=folder)
        return
    ends = []
    for key in dict.fromkeys(one.quantity for one in mine):
        chosen = choose(mine, instrument.driver, instrument.serial, key, today)
        if chosen is not None:
            ends.append((chosen.valid_until, key))
    if not ends:
        yield skipped(name, _("its certificate has not begun yet"))
        return
    day, key = min(ends)
    shown = quantities()[key].name(words.language())
    if day < today:
        yield failed(name, "expired", quantity=shown, day=day, folder=folder)
    elif day < today + SOON:
        yield warning(name, "expires", quantity=shown, day=day)
    else:
        yield good(name, _("until {day}").format(day=day))
