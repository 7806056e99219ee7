"""Events: what happened to the station, stored and delivered like data. One function an event, its body as JSON."""

from typing import Any

from gateway.record import compact


def event(code: str, **facts: Any) -> str:
    """The body of an event record; `code` is one of those in this file."""
    return compact({"code": code, **facts})


def started(version: str, instruments: list[str], certificates: list[str]) -> str:
    """Acquisition began, with these instruments and these certificates (ids) in its folder."""
    return event("started", version=version, instruments=instruments, certificates=certificates)


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
    """The record log was damaged: it lies under the name `quarantined`, a new one was begun."""
    return event("log_replaced", quarantined=quarantined, why=why)


def readings_dropped(count: int) -> str:
    """The queue was full: so many of the oldest raw readings were dropped."""
    return event("readings_dropped", count=count)


def identified(instrument: str, identity: str, before: str) -> str:
    """An instrument told who it is for the first time, or another one hangs in its place (`before` is not empty)."""
    return event("identified", instrument=instrument, identity=identity, before=before)


def power_cycled(bus: str, times: int) -> str:
    """No instrument of a bus answered: its supply was switched off and on, for the `times`th time since the start."""
    return event("power_cycled", bus=bus, times=times)


def gaps(hour: dict[str, Any]) -> str:
    """The gap ledger `from` one UTC ms `to` another: for each of the `instruments` a row of `gateway.gaps.Gap`."""
    return event("gaps", **hour)


def requested(action: str, who: str, arguments: dict[str, Any], result: str) -> str:
    """Somebody asked for something: who, what, and what came of it."""
    return event("requested", action=action, who=who, arguments=arguments, result=result)
