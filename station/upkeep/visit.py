"""What to bring on the next visit, and by when: what runs out, wears out or is used up."""

import datetime
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from calibration.certificate import Certificate, choose
from calibration.certificate import load as load_certificates
from drivers.quantity import quantities
from station import words
from station.config import Config, Instrument
from station.doctor.host import Host
from station.host import pihealth
from station.host.selfwatch import awake
from station.memory import Memory, hours_key
from station.places import Places
from station.words import N_, _

AHEAD = datetime.timedelta(days=120)
"""What falls due later is not told yet."""

LASER_AND_FAN = N_("laser and fan")
WEARS: dict[str, tuple[tuple[str, int], ...]] = {
    **dict.fromkeys(("pms5003", "pms5003t", "pms5003st", "pms3003", "pmsa003i"), ((LASER_AND_FAN, 26_280),)),
    "sds011": ((N_("laser"), 8_000),),
    **dict.fromkeys(("hpma115s0", "hpma115c0"), ((LASER_AND_FAN, 20_000),)),
    **dict.fromkeys(("sps30", "sps30_i2c"), ((LASER_AND_FAN, 70_080),)),
    "alphasense4": ((N_("gas cells"), 17_520),),
    "pid": ((N_("lamp"), 10_000),),
    "mhz19": ((N_("lamp"), 43_800),),
}
"""Driver → its consumables and their life in hours of running. Where two revisions differ, the shorter one counts.

Plantower's manuals: three years. SDS011 data sheet: 8000 h. Honeywell 32322550 issue A: 20 000 h (F: ten years). SPS30 data sheet
0.9: eight years (later: ten). Alphasense B4 data sheets: 24 months warranted. MiniPID manual: 10 000 h for lamps of 10.0 and
10.6 eV. Winsen's MH-Z14 and MH-Z19: five years. Of other parts the makers say nothing in public: `wears` in the configuration.
"""

USUAL = (N_("membrane"), N_("electrode"), N_("battery"), N_("reagents"), N_("windscreen"), N_("wiper"), N_("inlet filter"))
"""Words of `wears` that have their Chinese."""


class Due(NamedTuple):
    """What falls due: `day` by when, None if it is due now; `what` is a sentence."""

    day: datetime.date | None
    what: str


def due(config: Config, where: Places, host: Host) -> list[Due]:
    """What to bring, the most urgent first."""
    today = datetime.datetime.fromtimestamp(host.wall(), datetime.UTC).date()
    found = [
        *_calibrations(config, where, today),
        *_keys(config, host, today),
        *_card(host, where),
        *_worn(config, where, host, today),
    ]
    return sorted(found, key=lambda one: one.day or datetime.date.min)


def _calibrations(config: Config, where: Places, today: datetime.date) -> Iterator[Due]:
    for one, key, chosen in calibrations(config, where, today):
        if chosen is not None and chosen.valid_until <= today + AHEAD:
            text = _("calibrate {name} ({serial}): {quantity} runs out")
            name = quantities()[key].name(words.language())
            yield Due(chosen.valid_until, text.format(name=one.name, serial=one.serial, quantity=name))


def calibrations(config: Config, where: Places, today: datetime.date) -> Iterator[tuple[Instrument, str, Certificate | None]]:
    """Each channel of an instrument whose serial number is known, with the certificate in force."""
    certificates, _bad = load_certificates(where.certificates)
    for one in config.instruments:
        for key in one.channels if one.serial else ():
            yield one, key, choose(certificates, one.driver, one.serial, key, today)


def _keys(config: Config, host: Host, today: datetime.date) -> Iterator[Due]:
    for destination, file, day in own_certificates(config, host):
        if day is not None and day <= today + AHEAD:
            yield Due(day, _("a new certificate for {name}: {file} runs out").format(name=destination, file=file))


def own_certificates(config: Config, host: Host) -> Iterator[tuple[str, str, datetime.date | None]]:
    """Destination, file and last day of each of the station's own TLS certificates; Debian's openssl reads the day."""
    for destination in config.destinations:
        if name := getattr(destination.settings, "certificate", ""):
            shown = host.run("openssl", "x509", "-enddate", "-noout", "-dateopt", "iso_8601", "-in", name)
            yield destination.name, Path(name).name, _day(shown) if shown else None


def _day(shown: str) -> datetime.date | None:
    """The day in `notAfter=2027-01-01 00:00:00Z`."""
    try:
        return datetime.date.fromisoformat(shown.partition("=")[2].strip()[:10])
    except ValueError:
        return None


def _card(host: Host, where: Places) -> Iterator[Due]:
    mount = pihealth.mount_of(host.root, pihealth.standing(where.state).resolve())
    card = pihealth.card_of(host.root, mount) if mount else None
    if card and card.worn is not None and card.worn >= 8:
        yield Due(
            None,
            _("a new card: {name} has used up {percent} % of its life").format(name=card.name, percent=min(100, card.worn * 10)),
        )


def _worn(config: Config, where: Places, host: Host, today: datetime.date) -> Iterator[Due]:
    memory = Memory(where.memory, host.wall())
    for one in config.instruments:
        ran = memory.hours.get(hours_key(one.name, one.serial), 0.0)
        for part, life in consumables(one):
            left = datetime.timedelta(hours=(life - ran) / awake(one))
            if ran >= life / 2 and left <= AHEAD:
                text = _("{part} for {name} ({serial}): {ran} of {life} hours are used up")
                facts = {"part": _(part), "name": one.name, "serial": one.serial or "—", "ran": math.floor(ran), "life": life}
                yield Due(today + left if ran < life else None, text.format(**facts))


def consumables(instrument: Instrument) -> Iterator[tuple[str, int]]:
    """(part, life in hours): those of the model, and what the configuration says wears out."""
    yield from WEARS.get(instrument.driver, ())
    for text in instrument.wears:
        part, _space, hours = text.rpartition(" ")
        yield part, int(hours)
