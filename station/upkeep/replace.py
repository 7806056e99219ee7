"""An instrument is exchanged: the old serial number ends, the new one begins with its own certificates.

Certificates belong to serial numbers, so the history stays apart by itself; what is written down is when the one took over.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.certificate import BadCertificate, Certificate, parse
from gateway import requests
from station import events
from station.clock import Now
from station.config import BadConfig, Config, Instrument
from station.config import parse as parse_config
from station.live import read_fresh
from station.places import Places
from station.upkeep.profile import put
from station.upkeep.storing import store_event
from station.words import _


class NotReplaced(Exception):
    """The text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was written down."""

    instrument: str
    before: str
    serial: str
    certificates: tuple[str, ...]


def replace_instrument(
    config: Config, where: Places, name: str, serial: str, files: Sequence[Path], who: str, now: Now
) -> Replaced:
    """Put serial number and certificates into force. Raises NotReplaced, OSError or StorageError."""
    number, instrument = next(pair for pair in enumerate(config.instruments) if pair[1].name == name)
    if serial == instrument.serial:
        raise NotReplaced(_("{name} has the serial number {serial} already").format(name=name, serial=serial))
    certificates = [_certificate(path, instrument, serial) for path in files]
    if not certificates:
        text = _("a certificate for {serial} is missing: without one its values are of no known quality")
        raise NotReplaced(text.format(serial=serial))
    source = put(where.config.read_text("utf-8"), ("instrument", number, "serial"), serial)
    try:
        parse_config(source, str(where.config))
    except BadConfig as bad:
        raise NotReplaced("; ".join(bad.lines)) from None
    where.certificates.mkdir(parents=True, exist_ok=True)
    for path, certificate in zip(files, certificates, strict=True):
        target = where.certificates / f"{serial}-{certificate.quantity}-{certificate.id}.toml"
        target.write_text(path.read_text("utf-8"), "utf-8")
    mode = where.config.stat().st_mode & 0o777
    part = where.config.with_suffix(".part")
    part.write_text(source, "utf-8")
    part.chmod(mode)
    os.replace(part, where.config)
    done = Replaced(name, instrument.serial, serial, tuple(one.id for one in certificates))
    _note(done, where, who, now)
    return done


def _certificate(path: Path, instrument: Instrument, serial: str) -> Certificate:
    try:
        found = parse(path.read_text("utf-8"))
    except (OSError, BadCertificate, UnicodeDecodeError) as error:
        raise NotReplaced(f"{path}: {error}") from None
    expected = {"serial": serial, "model": instrument.driver}
    for key, value in expected.items():
        if getattr(found, key) != value:
            text = _("{path}: {key} is {got!r}, but {value!r} is put in")
            raise NotReplaced(text.format(path=path, key=key, got=getattr(found, key), value=value))
    if found.quantity not in instrument.channels:
        text = _("{path}: {driver} does not measure {key!r}.")
        raise NotReplaced(text.format(path=path, driver=instrument.driver, key=found.quantity))
    return found


def _note(done: Replaced, where: Places, who: str, now: Now) -> None:
    """Into the record log, by acquisition if it runs."""
    facts = {"instrument": done.instrument, "before": done.before, "serial": done.serial, "certificates": list(done.certificates)}
    if read_fresh(where.live):
        requests.put(where.requests, requests.make("note", who, {"what": "replaced", **facts}))
    else:
        store_event(where, events.event("replaced", who=who, **facts), now)
