"""From answers to a running configuration: the profile filled in, what is connected found, one record delivered.

A profile is filled in line by line: its comments stay, and so do, as comments, the destinations that nobody named.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.catalogue import find
from gateway.link.secret import FOLDER as SECRETS
from station import VERSION, events
from station.clock import Clock
from station.config import BadConfig, Config, parse
from station.doctor.check import Check
from station.doctor.host import Host
from station.doctor.network import check_network
from station.places import SYSTEM_CONFIG, Places
from station.settings import Problem, fill
from station.toml_lines import key_lines
from station.upkeep.asking import NoReply, read_now
from station.upkeep.profile import profile, profiles, put
from station.upkeep.scan import Found, Progress, i2c_ports, scan_i2c, scan_serial, serial_ports, sweep
from station.upkeep.storing import store_event
from station.words import _


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person must say. `platform` are the keys of a [[destination]], with `password` in the clear for once."""

    id: str = field(metadata={"help": "station id, from the platform", "pattern": r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}"})
    name: str = field(metadata={"help": "the name people use"})
    profile: str = field(metadata={"help": "what kind of station"})
    language: str = field(default="zh", metadata={"choices": ("zh", "en")})
    platform: dict[str, Any] = field(default_factory=dict, metadata={"help": "keys of [[destination]], and password"})
    ports: dict[str, Any] = field(default_factory=dict, metadata={"help": "bus = port, where it shall not be searched for"})
    serials: dict[str, Any] = field(default_factory=dict, metadata={"help": "instrument = serial number on its label"})


def read_answers(path: Path) -> Answers:
    """Answers from a file. Raises BadConfig with every problem."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig([f"{path}: {error}"]) from None
    problems: list[Problem] = []
    answers = fill(Answers, tables, (), problems)
    if answers is not None and answers.profile not in profiles():
        known = ", ".join(profiles())
        problems.append(
            Problem(("profile",), _("there is no profile {name!r}; known: {known}").format(name=answers.profile, known=known))
        )
    if problems or answers is None:
        raise BadConfig([f"{path}: {problem.text}" for problem in problems])
    return answers


def find_devices(answers: Answers, progress: Progress) -> list[Found]:
    """What is connected: at the ports that were named, else at all that this machine has."""
    tables = tomllib.loads(profile(answers.profile))
    kinds = {bus["name"]: bus["kind"] for bus in tables["bus"]}
    named = {kind: [str(port) for bus, port in answers.ports.items() if kinds.get(bus) == kind] for kind in ("i2c", "uart")}
    found = []
    for port in named["i2c"] or i2c_ports():
        found += scan_i2c(port)
    for port in named["uart"] or serial_ports():
        found.append(scan_serial(port, progress))
    silent = [one.port for one in found if one.kind == "uart" and not one.guesses]
    for bus in tables["bus"]:
        if bus["kind"] == "modbus" and bus["name"] not in answers.ports and "://" not in bus["port"]:
            mine = [one for one in tables["instrument"] if one["bus"] == bus["name"]]
            found += [line for port in silent for line in _modbus_line(bus, mine, port, progress)]
    return found


def _modbus_line(bus: dict[str, Any], instruments: list[dict[str, Any]], port: str, progress: Progress) -> list[Found]:
    """The instruments of a Modbus bus that answer at `port`, asked at their own speed and units only."""
    units: dict[int, str] = {}
    for one in instruments:
        sheet = find(one["driver"]).defaults
        units[int(one.get("address", sheet.get("unit", 1)))] = one["driver"]
    sheet = find(instruments[0]["driver"]).defaults if instruments else {}
    speed = (int(bus.get("baud", sheet.get("baud", 9600))), str(bus.get("parity", sheet.get("parity", "N"))))
    answered = [one.address for one in sweep(port, units, progress, [speed]) if one.address is not None]
    return [Found(port, "modbus", unit, *speed, guesses=(units[unit],)) for unit in answered]


def fill_in(answers: Answers, found: list[Found], secret: Path | None) -> str:
    """The text of station.toml: the profile with the answers, and each bus at the port where its instrument was found."""
    source = profile(answers.profile)
    tables = tomllib.loads(source)
    for key in ("id", "name", "language"):
        source = put(source, ("station", key), getattr(answers, key))
    for number, bus in enumerate(tables["bus"]):
        drivers = [one["driver"] for one in tables["instrument"] if one["bus"] == bus["name"]]
        port = answers.ports.get(bus["name"]) or next(
            (one.port for one in found if one.kind == bus["kind"] and set(drivers) & set(one.guesses)), None
        )
        if port:
            source = put(source, ("bus", number, "port"), str(port))
    for number, one in enumerate(tables["instrument"]):
        if serial := answers.serials.get(one["name"]):
            source = put(source, ("instrument", number, "serial"), str(serial))
    return _deliver_to(source, answers.platform, secret)


def destination_of(source: str, platform: dict[str, Any]) -> int | None:
    """Which [[destination]] of a profile is meant, by its name or else its link; None without a platform."""
    found = tomllib.loads(source).get("destination", []) if platform else []
    link = platform.get("link", "mqtt")
    named = (n for n, one in enumerate(found) if one["name"] == platform.get("name"))
    return next(named, next((n for n, one in enumerate(found) if one.get("link", "mqtt") == link), None))


def _deliver_to(source: str, platform: dict[str, Any], secret: Path | None) -> str:
    """The destination that is meant with these keys; the others stay as comments."""
    found = tomllib.loads(source).get("destination", [])
    keys = {key: value for key, value in platform.items() if key != "password"}
    if secret is not None:
        keys["password_file"] = secret.name if secret.parent == SECRETS else str(secret)
    mine = destination_of(source, platform)
    if mine is not None:
        for key, value in keys.items():
            source = put(source, ("destination", mine, key), value)
    return _comment_out(source, [n for n in range(len(found)) if n != mine])


def _comment_out(source: str, numbers: list[int]) -> str:
    """`source` with these destinations as comments."""
    lines, places = source.splitlines(), key_lines(source)
    for number in numbers:
        at = places["destination", number] - 1
        while at < len(lines) and lines[at].strip() and not lines[at].startswith("# ---"):
            lines[at] = f"# {lines[at]}"
            at += 1
    return "\n".join(lines) + "\n"


def secret_place(answers: Answers, where: Places) -> Path | None:
    """Where the platform's password is to lie, None if it has none."""
    if not answers.platform.get("password"):
        return None
    folder = SECRETS if where.config == SYSTEM_CONFIG else where.config.parent
    source = profile(answers.profile)
    number = destination_of(source, answers.platform)
    usual = "platform" if number is None else tomllib.loads(source)["destination"][number]["name"]
    return folder / f"{answers.platform.get('name', usual)}.password"


def write(answers: Answers, found: list[Found], where: Places) -> Config:
    """Write station.toml and the password, keep what was there before, and give the configuration. Raises BadConfig, OSError."""
    secret = secret_place(answers, where)
    text = fill_in(answers, found, secret)
    config = parse(text, str(where.config))
    where.config.parent.mkdir(parents=True, exist_ok=True)
    if where.config.exists():
        where.config.replace(where.config.with_suffix(".toml.before"))
    where.config.write_text(text, "utf-8")
    where.config.chmod(0o640)
    if secret is not None:
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(str(answers.platform["password"]) + "\n", "utf-8")
    return config


def first_readings(config: Config, where: Places) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each instrument's name and its first reading, as `station.attend.outcome` gives it."""
    for one in config.instruments:
        try:
            yield one.name, read_now(config, one, where)
        except NoReply as error:
            yield (
                one.name,
                {"ok": False, "reason": "timeout", "evidence": str(error), "error": str(error), "values": {}, "identity": ""},
            )


def deliver_one(config: Config, host: Host, where: Places, readings: dict[str, dict[str, Any]]) -> list[Check]:
    """Store the event that the station was set up, with its first `readings` (those of the channels that it keeps), and see it
    through to each platform's receipt. Raises StorageError.
    """
    now = Clock(host.wall, host.wall, system=host.clock()).now()
    instruments = [f"{one.name}={one.driver}" for one in config.instruments]
    values = [
        (one.name, key, value)
        for one in config.instruments
        for key, value in readings[one.name]["values"].items()
        if key in one.channels
    ]
    body = events.set_up(VERSION, instruments, values)
    store_event(where, body, now)
    return list(check_network(host, where, config))
