"""The whole report, in the order in which a person would look."""

from collections.abc import Iterable, Iterator

from station.doctor.check import Check
from station.doctor.host import Host
from station.doctor.machine import check_machine
from station.doctor.network import check_network
from station.doctor.sensors import check_sensors
from station.doctor.software import check_backlog, check_configuration, check_operation, check_owners, check_records, check_units
from station.places import Places
from station.words import _

MARKS = {"good": "✓", "warning": "!", "failed": "✗", "skipped": "–"}


def examine(host: Host, where: Places) -> Iterator[Check]:
    """Every check, as it is made. Without a usable configuration those that need none."""
    config, checks = check_configuration(where)
    yield from checks
    yield from check_machine(host, where.state)
    yield from check_owners(host, where)
    yield from check_units(host, where)
    if config is None:
        return
    yield from check_operation(where)
    yield from check_records(where, config)
    yield from check_sensors(host, where, config)
    yield from check_network(host, where, config)
    yield from check_backlog(where, config)


def exit_code(checks: Iterable[Check]) -> int:
    """0 good or warnings, 1 a check failed, 2 the configuration, 3 a device or the network; the worst."""
    return max((check.code for check in checks), default=0)


def lines(check: Check) -> list[str]:
    """One check for a person."""
    out = [f"{MARKS[check.verdict]} {check.name:<24} {check.evidence}"]
    if check.cause:
        out.append("    " + _("Likely: {cause}.").format(cause=check.cause))
        out.append("    " + _("Next: {step}.").format(step=check.next))
    return out
