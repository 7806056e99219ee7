"""The acceptance report of a station: what hangs where, what it says, how the time and the platform are. Text and HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from drivers.quantity import quantities
from station import VERSION, words
from station.clock import RELEASE, Clock
from station.config import Config
from station.doctor.check import Check
from station.doctor.host import Host
from station.doctor.report import MARKS
from station.host.pihealth import machine_serial, wireless
from station.places import Places
from station.upkeep.visit import calibrations, own_certificates
from station.words import _

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and rows below it; the first cell of a row may be a mark: ✓ ! ✗ –."""

    title: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Report:
    """`accepted`: every instrument gave a value, and every platform confirmed a record."""

    title: str
    accepted: bool
    sections: list[Section]

    @property
    def verdict(self) -> str:
        """One line."""
        return _("ACCEPTED") if self.accepted else _("NOT ACCEPTED: see the lines marked ✗")

    def text(self) -> str:
        """For a terminal or a letter."""
        out = [self.title, "=" * 72, self.verdict]
        for section in self.sections:
            out += ["", section.title, "-" * 72]
            out += ["  ".join(cell for cell in row if cell) for row in section.rows]
        return "\n".join(out) + "\n"

    def html(self) -> str:
        """One page without anything from elsewhere."""
        parts = []
        for section in self.sections:
            rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in section.rows)
            parts.append(f"<h2>{escape(section.title)}</h2><table>{rows}</table>")
        style = "body{font:16px sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
        style += "td{padding:.2em 1em .2em 0;vertical-align:top}"
        colour = "#1a7f37" if self.accepted else "#b42318"
        return (
            f'<!doctype html><html lang="{words.language()}"><meta charset="utf-8"><title>{escape(self.title)}</title>'
            f"<style>{style}h1+p{{font-weight:bold;color:{colour}}}</style>"
            f"<h1>{escape(self.title)}</h1><p>{escape(self.verdict)}</p>{''.join(parts)}</html>\n"
        )


def report(
    config: Config, where: Places, host: Host, readings: dict[str, dict[str, Any]], checks: list[Check], machine: list[Check]
) -> Report:
    """The report; `readings` by instrument, `checks` of the network, `machine` those of power, clock and card."""
    usable = all(one["ok"] or one["reason"] in ("warm_up", "not_started") for one in readings.values())
    delivered = all(any(c.name == f"{d.name}.receipt" and c.verdict == "good" for c in checks) for d in config.destinations)
    broken = any(check.verdict == "failed" for check in (*checks, *machine))
    sections = [
        Section(_("Station"), list(_facts(config, where, host, readings))),
        Section(_("Instruments"), [_instrument(config, name, answer) for name, answer in readings.items()]),
        Section(_("First readings"), [row for name, answer in readings.items() for row in _values(name, answer)]),
        Section(_("Certificates"), list(_certificates(config, where, host)) or [(MARKS["skipped"], _("there is none"))]),
        Section(_("Machine"), [_check(one) for one in machine]),
        Section(_("Platform"), [_check(one) for one in checks] or [(MARKS["skipped"], _("none is configured"))]),
    ]
    title = _("Acceptance of station {name} ({id})").format(name=config.station.name, id=config.station.id)
    return Report(title, usable and delivered and not broken, sections)


def _facts(config: Config, where: Places, host: Host, readings: dict[str, dict[str, Any]]) -> Iterator[Row]:
    told = [answer["values"]["signal_strength"] for answer in readings.values() if "signal_strength" in answer["values"]]
    signal = told[0] if told else wireless(host.root)
    clock = Clock(host.wall, host.wall, RELEASE, host.clock()).now()
    source = f"{clock.source or '—'} (± {clock.error} ms)" if clock.trusted else _("nobody vouches for the time")
    yield _("id"), config.station.id
    yield _("name"), config.station.name
    yield _("date"), datetime.fromtimestamp(host.wall(), UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield _("time source"), source
    yield _("software"), VERSION
    yield _("machine"), machine_serial(host.root) or "—"
    yield _("configuration"), str(where.config)
    yield _("signal"), "—" if signal is None else f"{signal:.0f} dBm"


def _certificates(config: Config, where: Places, host: Host) -> Iterator[Row]:
    """How long each holds: calibrations by instrument, then what the station shows to its platforms."""
    today = datetime.fromtimestamp(host.wall(), UTC).date()
    until = _("until {day}")
    for one, key, certificate in calibrations(config, where, today):
        if certificate is not None:
            mark = MARKS["failed" if certificate.valid_until < today else "good"]
            name = quantities()[key].name(words.language())
            yield mark, one.name, name, certificate.id, until.format(day=certificate.valid_until)
    for destination, file, day in own_certificates(config, host):
        mark = MARKS["failed" if day is None or day < today else "good"]
        yield mark, destination, file, until.format(day=day) if day else _("cannot be read")


def _instrument(config: Config, name: str, answer: dict[str, Any]) -> Row:
    one = next(one for one in config.instruments if one.name == name)
    port = next(bus.port for bus in config.buses if bus.name == one.bus)
    mark = MARKS["good" if answer["ok"] else "warning" if answer["reason"] in ("warm_up", "not_started") else "failed"]
    serial = answer["identity"] or one.serial or "—"
    return mark, name, one.driver, port, _("serial {serial}").format(serial=serial), answer["error"] or answer["reason"]


def _values(name: str, answer: dict[str, Any]) -> list[Row]:
    registry, language = quantities(), words.language()
    return [("", name, registry[key].name(language), registry[key].text(value)) for key, value in answer["values"].items()]


def _check(check: Check) -> Row:
    step = _("Next: {step}.").format(step=check.next) if check.next else ""
    return MARKS[check.verdict], check.name, check.evidence, step
