"""Calibration certificates: one TOML file each, signed by its author, never overwritten.

    model = "pms5003"              # driver name
    serial = "PMS-2291"            # the instrument's own number, as in station.toml
    quantity = "pm25"
    also = ["pm1"]                 # further quantities of the same instrument for which it holds; may be left out
    reference = "Miyun monitoring station, beta attenuation monitor no. 4411"
    date = 2026-10-01              # first day on which it holds
    valid_until = 2027-10-01       # last day
    author = "Wang Li"             # who signs for it; a draft has nobody and is not used
    note = ""
    replaces = ""                  # id of the one whose place it takes, for two of the same day
    before = [[12.0, 15.1], [80.0, 101.3]]   # [reference, instrument] as found
    after = [[12.0, 12.2], [80.0, 79.5]]     # the same, corrected

    [correction]
    method = "kappa_kohler"        # one of methods.py; beside it the method's coefficients
    kappa = 0.38

    [companions]
    humidity = "climate.humidity"  # the channel of the station that plays this part

    [range]                        # the conditions in which it was made, by quantity
    humidity = [21.0, 93.0]

The id is the first 12 hexadecimal digits of the SHA-256 of the content, so that a changed file is another certificate. What a
station stores beside a value is the id, and behind a + each companion that was used: "1f0c83a9b2d4+climate.humidity".
"""

import datetime
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibration.methods import Apply, build, number, numbers
from drivers.quantity import quantities

TEXTS = ("model", "serial", "quantity", "author")
MAY = {"reference": "", "note": "", "replaces": "", "also": [], "before": [], "after": [], "companions": {}, "range": {}}
KEYS = (*TEXTS, "date", "valid_until", "correction", *MAY)

Pairs = tuple[tuple[float, float], ...]


class BadCertificate(ValueError):
    """The file is not a certificate; the text says which key and why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One calibration of an instrument.

    companions  role in the formula → "instrument.quantity", the channel of the station that fills it
    apply       (raw, value of each companion in their order) → corrected; raises ValueError where the formula does not hold
    before      (reference, instrument) as found; after: the same with this correction
    conditions  lowest and highest value of quantities such as the temperature while it was made
    """

    id: str
    model: str
    serial: str
    quantity: str
    also: tuple[str, ...]
    method: str
    coefficients: Mapping[str, Any]
    companions: Mapping[str, str]
    apply: Apply
    date: datetime.date
    valid_until: datetime.date
    author: str
    reference: str = ""
    note: str = ""
    replaces: str = ""
    before: Pairs = ()
    after: Pairs = ()
    conditions: Mapping[str, tuple[float, float]] | None = None

    def holds_on(self, day: datetime.date) -> bool:
        """True if `day` lies within the certificate's validity, both ends included."""
        return self.date <= day <= self.valid_until

    @property
    def mark(self) -> str:
        """What stands beside a value: the id, and the companions."""
        return "+".join((self.id, *self.companions.values()))


def parse(text: str) -> Certificate:
    """A certificate from the text of its file. Raises BadCertificate."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadCertificate(str(error)) from None
    for key in content:
        if key not in KEYS:
            raise BadCertificate(f"unknown key {key!r}; known: {', '.join(KEYS)}")
    for key in KEYS:
        if key not in content and key not in MAY:
            raise BadCertificate(f"{key} is missing")
    try:
        return _made(content, {**MAY, **content})
    except ValueError as error:
        raise BadCertificate(str(error)) from None


def _made(content: dict[str, Any], full: dict[str, Any]) -> Certificate:
    """Raises ValueError."""
    _check(full)
    correction = dict(full["correction"])
    method = correction.pop("method", None)
    if not isinstance(method, str):
        raise ValueError("method is missing in [correction]")
    companions = dict(full["companions"])
    return Certificate(
        id=_identity(content),
        method=method,
        coefficients=correction,
        companions=companions,
        apply=build(method, correction, tuple(companions), full["quantity"]),
        also=tuple(full["also"]),
        before=_pairs(full["before"], "before"),
        after=_pairs(full["after"], "after"),
        conditions={key: _span(span, f"range.{key}") for key, span in full["range"].items()},
        **{key: full[key] for key in (*TEXTS, "date", "valid_until", "reference", "note", "replaces")},
    )


def _check(full: dict[str, Any]) -> None:
    for key in ("date", "valid_until"):
        if type(full[key]) is not datetime.date:
            raise ValueError(f"{key} must be a date such as 2026-10-01")
    for key in TEXTS:
        if not isinstance(full[key], str) or not full[key].strip():
            raise ValueError(f"{key} must be a text that is not empty")
    for key in ("reference", "note", "replaces"):
        if not isinstance(full[key], str):
            raise ValueError(f"{key} must be a text")
    for key in ("correction", "companions", "range"):
        if not isinstance(full[key], dict):
            raise ValueError(f"{key} must be a table")
    if not isinstance(full["also"], list):
        raise ValueError("also must be a list of quantities")
    for key in (full["quantity"], *full["also"], *full["range"]):
        if key not in quantities():
            raise ValueError(f"unknown quantity {key!r}")
    for role, channel in full["companions"].items():
        if not isinstance(channel, str) or not all(channel.partition(".")) or channel.rpartition(".")[2] not in quantities():
            raise ValueError(f"companion {role} must name a channel, such as climate.humidity")
    if full["valid_until"] < full["date"]:
        raise ValueError("valid_until lies before date")


def _pairs(value: Any, what: str) -> Pairs:
    if not isinstance(value, list) or any(not isinstance(pair, list) or len(pair) != 2 for pair in value):
        raise ValueError(f"{what} must be a list of [reference, instrument]")
    return tuple((number(one, what), number(other, what)) for one, other in value)


def _span(value: Any, what: str) -> tuple[float, float]:
    low, *more = numbers(value, what, 2)
    if len(more) != 1 or low > more[0]:
        raise ValueError(f"{what} must be [lowest, highest]")
    return low, more[0]


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


def choose(certificates: Iterable[Certificate], model: str, serial: str, quantity: str, day: datetime.date) -> Certificate | None:
    """The newest certificate for that instrument and quantity that has begun by `day`, expired or not, or None."""
    begun = [
        c for c in certificates if (c.model, c.serial) == (model, serial) and quantity in (c.quantity, *c.also) and c.date <= day
    ]
    replaced = {c.replaces for c in begun}
    return max((c for c in begun if c.id not in replaced), key=lambda c: (c.date, c.valid_until, c.id), default=None)


def text_of(content: Mapping[str, Any]) -> str:
    """The text of a certificate file: plain values first, then the tables."""
    plain = [f"{key} = {_toml(value)}" for key, value in content.items() if not isinstance(value, Mapping)]
    for name, table in content.items():
        if isinstance(table, Mapping) and table:
            plain += ["", f"[{name}]", *(f"{_key(key)} = {_toml(value)}" for key, value in table.items())]
    return "\n".join(plain) + "\n"


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else json.dumps(key, ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def add(folder: Path, content: Mapping[str, Any]) -> tuple[Path, Certificate]:
    """Write a new certificate file. Raises BadCertificate, FileExistsError if it is there already, or OSError."""
    text = text_of(content)
    certificate = parse(text)
    folder.mkdir(parents=True, exist_ok=True)
    serial = "".join(one if one.isalnum() or one in "-_" else "_" for one in certificate.serial)
    path = folder / f"{serial}-{certificate.quantity}-{certificate.date}-{certificate.id}.toml"
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path, certificate
