"""Calibration certificates: one TOML file each, never overwritten.

    model = "pms5003"              # driver name
    serial = "PMS-2291"            # the instrument's own number, as in station.toml
    quantity = "pm25"
    method = "linear"              # corrected = gain × raw + offset
    gain = 0.92
    offset = -1.3                  # in the quantity's unit
    date = 2026-10-01              # first day on which it holds
    valid_until = 2027-10-01       # last day
    author = "Wang Li"
    reference = "Miyun monitoring station, beta attenuation monitor"
    note = ""

The id is the first 12 hexadecimal digits of the SHA-256 of the content, so that a changed file is another certificate.
"""

import datetime
import hashlib
import json
import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from drivers.quantity import quantities

METHODS = ("linear",)


class BadCertificate(ValueError):
    """The file is not a certificate; the text says which key and why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One calibration of one quantity of one instrument. `gain` is without unit, `offset` in the quantity's unit."""

    id: str
    model: str
    serial: str
    quantity: str
    method: str
    gain: float
    offset: float
    date: datetime.date
    valid_until: datetime.date
    author: str
    reference: str = ""
    note: str = ""

    def holds_on(self, day: datetime.date) -> bool:
        """True if `day` lies within the certificate's validity, both ends included."""
        return self.date <= day <= self.valid_until


def parse(text: str) -> Certificate:
    """A certificate from the text of its file. Raises BadCertificate."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadCertificate(str(error)) from None
    known = {field.name for field in fields(Certificate)} - {"id"}
    for key in content:
        if key not in known:
            raise BadCertificate(f"unknown key {key!r}; known: {', '.join(sorted(known))}")
    for key in known - {"reference", "note"}:
        if key not in content:
            raise BadCertificate(f"{key} is missing")
    _check(content)
    content |= {"gain": float(content["gain"]), "offset": float(content["offset"])}
    return Certificate(id=_identity(content), **content)


def _check(content: dict[str, Any]) -> None:
    for key in ("gain", "offset"):
        number = content[key]
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise BadCertificate(f"{key} must be a number")
    for key in ("date", "valid_until"):
        if type(content[key]) is not datetime.date:
            raise BadCertificate(f"{key} must be a date such as 2026-10-01")
    for key in ("model", "serial", "quantity", "method", "author"):
        if not isinstance(content[key], str) or not content[key]:
            raise BadCertificate(f"{key} must be a text that is not empty")
    if content["quantity"] not in quantities():
        raise BadCertificate(f"unknown quantity {content['quantity']!r}")
    if content["method"] not in METHODS:
        raise BadCertificate(f"unknown method {content['method']!r}; known: {', '.join(METHODS)}")
    if content["gain"] == 0:
        raise BadCertificate("gain 0 would make every value the same")
    if content["valid_until"] < content["date"]:
        raise BadCertificate("valid_until lies before date")


def _identity(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def load(folder: Path) -> tuple[list[Certificate], dict[Path, str]]:
    """Every certificate in `folder`, and for each file that is none the reason. A folder that is absent is empty."""
    found: list[Certificate] = []
    bad: dict[Path, str] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            found.append(parse(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            bad[path] = str(error)
    return found, bad


def choose(certificates: Iterable[Certificate], serial: str, quantity: str, day: datetime.date) -> Certificate | None:
    """The newest certificate for that instrument and quantity that has begun by `day`, expired or not, or None."""
    begun = (c for c in certificates if c.serial == serial and c.quantity == quantity and c.date <= day)
    return max(begun, key=lambda c: (c.date, c.valid_until), default=None)
