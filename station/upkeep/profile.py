"""Profiles: whole configurations of a kind of station, in `profiles/`; and the simulated station that each of them is.

A profile is filled in line by line, so that its comments stay. Its scenario is plain data: the simulation imports nothing of
ours.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from calibration.certificate import add
from calibration.limits import Limits
from station.config import Config, Instrument, address_of
from station.toml_lines import Path as Keys
from station.toml_lines import key_lines

_VALUE = re.compile(r'^(\s*[\w-]+\s*=\s*)("(?:[^"\\]|\\.)*"|[^#\s]+)(.*)$')

LINES = {"uart": "uart", "modbus": "modbus_rtu", "i2c": "i2c", "gpio": "gpio", "program": "program"}
"""Kind of a bus → kind of a simulated line."""

SERIALS = {"sds011": "a160"}
SERIAL = "23060017"
"""Serial numbers in a demo: what the simulated instruments tell of themselves, and one for those that tell nothing."""

QUICK = {"pms5003": {"period": 0.9}, "windsonic": {"period": 0.5}}
"""Simulated instruments that speak a little more often than they are listened to."""


def profiles() -> list[str]:
    """The names of the profiles."""
    return sorted(
        one.name.removesuffix(".toml") for one in files("station").joinpath("profiles").iterdir() if one.name.endswith(".toml")
    )


def profile(name: str) -> str:
    """The text of a profile."""
    return files("station").joinpath("profiles", f"{name}.toml").read_text("utf-8")


def put(source: str, path: Keys, value: Any) -> str:
    """`source` with this text, number or truth at a key; a key that is not there is put behind the table's name, or its head."""
    lines, numbers = source.splitlines(), key_lines(source)
    text = json.dumps(value, ensure_ascii=False)
    if path in numbers:
        at = numbers[path] - 1
        lines[at] = _VALUE.sub(lambda found: f"{found[1]}{text}{found[3]}", lines[at])
    else:
        lines.insert(numbers.get((*path[:-1], "name"), numbers[path[:-1]]), f"{path[-1]} = {text}")
    return "\n".join(lines) + "\n"


def numbered(source: str, config: Config) -> str:
    """The profile with the serial numbers of the simulated instruments."""
    for number, one in enumerate(config.instruments):
        source = put(source, ("instrument", number, "serial"), SERIALS.get(one.driver, SERIAL))
    return source


def quickened(source: str, config: Config, interval: int) -> str:
    """The profile with pauses between samples, warm-ups, radio windows and the platform's real-time data no longer than
    `interval` s.
    """
    source = put(source, ("station", "interval"), interval)
    for number, one in enumerate(config.instruments):
        if one.period > interval:
            source = put(source, ("instrument", number, "interval"), float(max(interval, one.model.least_interval)))
        if one.model.warm_up > interval:
            source = put(source, ("instrument", number, "warm_up"), float(interval))
    for number, destination in enumerate(config.destinations):
        if destination.settings.every > interval:
            source = put(source, ("destination", number, "every"), interval)
        if destination.link == "hj212" and destination.settings.real_time:
            source = put(source, ("destination", number, "real_time"), interval)
    return source


def connected(source: str, config: Config, ports: Mapping[str, str], destinations: Mapping[str, int]) -> str:
    """The profile on these ports of its buses, delivering to these ports of this machine; outputs go to its simulated pins."""
    for number, bus in enumerate(config.buses):
        source = put(source, ("bus", number, "port"), ports[bus.name])
    for number, destination in enumerate(config.destinations):
        source = put(source, ("destination", number, "host"), "127.0.0.1")
        source = put(source, ("destination", number, "port"), destinations[destination.name])
    pins = next((ports[bus.name] for bus in config.buses if bus.kind == "gpio"), None)
    for alarm in config.alarms:
        if alarm.output is not None and pins:
            source = put(source, ("alarm", alarm.name, "output_port"), pins)
    return source


def scenario(config: Config, cycle: float, start: float = 9.0, seed: int = 20261124) -> dict[str, Any]:
    """The simulated instruments of a profile, for `hw_sim.scenario.build`. `cycle`: s from one analysis to the next."""
    lines = []
    for bus in config.buses:
        mine = [one for one in config.instruments if one.bus == bus.name]
        baud = bus.baud or int(mine[0].model.defaults.get("baud", 9600))
        lines.append({"name": bus.name, "kind": LINES[bus.kind], "baud": baud, "instrument": [twin(one, cycle) for one in mine]})
    return {"seed": seed, "start": start, "line": lines}


def twin(instrument: Instrument, cycle: float) -> dict[str, Any]:
    """The simulated counterpart of an instrument: its model, address and settings."""
    settings, driver = instrument.settings, instrument.driver
    analysed: str = getattr(settings, "quantity", "") if instrument.model.port == "modbus" else ""
    alone = instrument.model.port in ("uart", "program")
    told: dict[str, Any] = {"model": driver, "address": 1 if alone else address_of(instrument), **QUICK.get(driver, {})}
    if driver == "rs485_wind" and settings.measure == "direction":
        told["model"] = "rs485_wind_direction"
    elif driver == "current_loop":
        told["channels"] = [_sender(loop) for loop in settings.loops]
    elif driver == "nmea":  # a drive round a village of Miyun, 36 km/h
        told |= {"latitude": 40.377, "longitude": 116.843, "speed": 19.4, "circle": 800.0, "first_fix": 3.0}
    elif driver == "sds011" and instrument.name == "wheel":
        told["times"] = 2.5
    elif analysed:
        told |= {"parameter": analysed, "cycle": cycle}
    return told


def _sender(loop: str) -> dict[str, Any]:
    _channel, quantity, low, high = loop.split()
    return {"quantity": quantity, "low": float(low), "high": float(high)}


def certify(folder: Path, config: Config) -> None:
    """A certificate for whatever wants one: a simulated instrument says what its world holds, so that nothing is to be corrected.

    PM2.5 beside a humidity sensor is corrected for the water in the particles all the same: that is what such a station does.
    """
    damp = next((f"{one.name}.humidity" for one in config.instruments if "humidity" in one.channels), "")
    for one in {(one.driver, one.serial, one.channels): one for one in config.instruments}.values():  # twins share theirs
        wanted = [key for key in one.channels if config.limits.get(key, Limits()).calibrated]
        if damp and "pm25" in wanted and config.metrics:
            wanted.remove("pm25")
            growth = {"correction": {"method": "kappa_kohler", "kappa": 0.3}, "companions": {"humidity": damp}}
            add(folder, _certificate(one, ["pm25"]) | growth)
        if wanted:
            add(folder, _certificate(one, wanted))


def _certificate(instrument: Instrument, quantities: list[str]) -> dict[str, Any]:
    """For as long as one likes."""
    return {
        "model": instrument.driver,
        "serial": instrument.serial,
        "quantity": quantities[0],
        "also": quantities[1:],
        "reference": "the simulated world",
        "date": date(2020, 1, 1),
        "valid_until": date(2099, 12, 31),
        "author": "station demo",
        "correction": {"method": "linear", "gain": 1.0, "offset": 0.0},
    }
