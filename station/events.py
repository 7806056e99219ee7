"""Events: what happened to the station, stored and delivered like data. One function an event, its body as JSON."""

from typing import Any

from gateway.record import compact


def event(code: str, **facts: Any) -> str:
    """The body of an event record; `code` is one of those in this file."""
    return compact({"code": code, **facts})


def started(
    version: str, instruments: list[str], certificates: list[str], machine: dict[str, Any], configuration: str = ""
) -> str:
    """Acquisition began with these instruments and certificates (ids), on this `machine`, by the `configuration` of this hash."""
    facts = {"instruments": instruments, "certificates": certificates, "machine": machine, "configuration": configuration}
    return event("started", version=version, **facts)


def set_up(version: str, instruments: list[str], readings: list[tuple[str, str, float]]) -> str:
    """`station setup` has configured the station with these instruments; their first `readings`: instrument, quantity, value."""
    return event("set_up", version=version, instruments=instruments, readings=readings)


def restored(made: int, before: str, machine: str) -> str:
    """A backup of UTC ms `made` was put in place, from the machine `before` onto `machine` (serial numbers)."""
    return event("restored", made=made, before=before, machine=machine)


def other_machine(before: str, machine: str) -> str:
    """The state folder was used by the machine `before`, and now `machine` runs with it: its card was moved."""
    return event("other_machine", before=before, machine=machine)


def stopped() -> str:
    """Acquisition was told to end and did so in order."""
    return event("stopped")


def clock_stepped(by: int) -> str:
    """The wall clock was stepped by so many ms; the interval was closed there."""
    return event("clock_stepped", by=by)


def clock_trusted(source: str, stamped: int) -> str:
    """UTC became believable; so many waiting records were stamped."""
    return event("clock_trusted", source=source, stamped=stamped)


def log_replaced(quarantined: str, why: str) -> str:
    """A file of the record log was damaged: it lies under the name `quarantined`, another one was begun."""
    return event("log_replaced", quarantined=quarantined, why=why)


def log_salvaged(kept: str, count: int, first: int, last: int) -> str:
    """So many records of a damaged file, now called `kept`, are back, with numbers from `first` to `last`."""
    return event("log_salvaged", kept=kept, count=count, first=first, last=last)


def wal_missing(after: int) -> str:
    """The write-ahead log was gone though nobody had closed the file: the last records, from number `after` on, may be lost."""
    return event("wal_missing", after=after)


def wal_damaged(cut_off: int, count: int) -> str:
    """The write-ahead log was damaged at the start: of the last `cut_off` transactions `count` records are back."""
    return event("wal_damaged", cut_off=cut_off, count=count)


def evicted(what: str, file: str, ranges: list[tuple[int, int]], count: int) -> str:
    """For want of space `count` records, those in `ranges`, were given up; without ranges the whole `file`, which held none.

    `what`: "salvaged" (damaged files), "raw" (samples), "confirmed" or "unconfirmed" minutes, "damaged", "everything".
    """
    return event("evicted", what=what, file=file, ranges=ranges, count=count)


def readings_dropped(count: int) -> str:
    """The queue was full: so many of the oldest raw readings were dropped."""
    return event("readings_dropped", count=count)


def identified(instrument: str, identity: str, before: str) -> str:
    """An instrument told who it is for the first time, or another one hangs in its place (`before` is not empty)."""
    return event("identified", instrument=instrument, identity=identity, before=before)


def power_cycled(bus: str, times: int) -> str:
    """No instrument of a bus answered: its supply was switched off and on, for the `times`th time since the start."""
    return event("power_cycled", bus=bus, times=times)


def stuck(instrument: str, quantities: list[str], restart: str) -> str:
    """An instrument says the same for too long; it is restarted by "sleep" or "begin", or cannot be ("")."""
    return event("stuck", instrument=instrument, quantities=quantities, restart=restart)


def still_stuck(instrument: str, quantities: list[str]) -> str:
    """The restart has not helped: somebody must look."""
    return event("still_stuck", instrument=instrument, quantities=quantities)


def certified(certificates: list[str], bad: list[str]) -> str:
    """The folder of certificates was read anew: their ids, and the files that are none."""
    return event("certified", certificates=certificates, bad=bad)


def calibrated(facts: dict[str, Any]) -> str:
    """A guided calibration ended: which, of which instrument, what was read, and the certificate's id or why there is none."""
    return event("calibrated", **facts)


def gaps(hour: dict[str, Any]) -> str:
    """The gap ledger `from` one UTC ms `to` another: for each of the `instruments` a row of `gateway.gaps.Gap`."""
    return event("gaps", **hour)


def modem_cycled(times: int) -> str:
    """No platform could be reached for long: the modem's supply was taken away, for the `times`th time since the start."""
    return event("modem_cycled", times=times)


def metric(facts: dict[str, Any]) -> str:
    """A metric of an hour or a day, as `station.summary.owed` makes it; its code is "metric"."""
    return compact(facts)


def sample(facts: dict[str, Any]) -> str:
    """A laboratory's or a person's value: channel, value, unit, when it was taken, by whom, laboratory, method; mark S."""
    return event("sample", **facts, mark="S")


def chain(facts: dict[str, Any]) -> str:
    """The digest of the records of an hour, as `station.chain` makes it, with the one before it inside."""
    return event("chain", **facts)


def site(facts: dict[str, Any]) -> str:
    """The station's card, as `station.site` makes it."""
    return event("site", **facts)


def settings(phase: str, facts: dict[str, Any]) -> str:
    """A set of changed settings was "offered", "refused", is "tried", was "kept", or its old ones "returned".

    `id`, `who`, `by`, `changes` as [path, before, value], `hash` of the configuration with them and `before` without.
    """
    return event("settings", phase=phase, **facts)


def requested(action: str, who: str, arguments: dict[str, Any], result: str) -> str:
    """Somebody asked for something: who, what, and what came of it."""
    return event("requested", action=action, who=who, arguments=arguments, result=result)
