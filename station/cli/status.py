"""`station status`: what is alive, what is owed, what is wrong."""

import argparse
import time
from datetime import datetime
from typing import Any

from drivers.quantity import quantities
from station import words
from station.cli.common import BEIJING, places, print_json
from station.explain import explain_link
from station.live import LiveChannel, read_fresh
from station.operation import in_words
from station.places import Places
from station.words import N_, _

EXAMPLE = "station status --json"

MANY = 10
"""Records owed from which on one speaks of a backlog."""

WARN_DAYS = 30
"""A certificate that ends sooner is told."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))


def run(options: argparse.Namespace) -> int:
    """0 if both services live and nothing is wrong, 1 if not."""
    status = look(places(options))
    if options.json:
        print_json(status)
    else:
        print("\n".join(lines(status)))
    return 0 if status["ok"] else 1


def look(where: Places) -> dict[str, Any]:
    """The state of the station, from the files that its services keep fresh."""
    live = read_fresh(where.live)
    delivery = read_fresh(where.delivery)
    destinations = delivery["destinations"] if delivery else {}
    healthy = live is not None and not live["faults"] and not live["storage_fault"]
    return {
        "ok": bool(healthy and delivery is not None and all(d["connected"] and not d["fault"] for d in destinations.values())),
        "acquire": live is not None,
        "gateway": delivery is not None,
        "clock": live["clock"] if live else None,
        "utc": live["utc"] if live else None,
        "stored": live["stored"] if live else None,
        "waiting": live["waiting"] if live else None,
        "storage_fault": live["storage_fault"] if live else "",
        "maintenance": live["maintenance"] if live else None,
        "maintained": live.get("maintained", []) if live else [],
        "operation": live.get("operation", []) if live else [],
        "alarms": live["alarms"] if live else [],
        "practised": live.get("practised", []) if live else [],
        "faults": live["faults"] if live else {},
        "channels": [_channel(row) for row in live["channels"]] if live else [],
        "destinations": destinations,
        **_configured(where),
    }


def _configured(where: Places) -> dict[str, Any]:
    """The configuration in force, and what to bring next time and by when, as far as it can be read."""
    from station.clock import boot_id
    from station.config import BadConfig
    from station.doctor.host import Host
    from station.remote.book import read_book
    from station.remote.changes import dotted
    from station.remote.effective import effective
    from station.upkeep.visit import due

    book, now = read_book(where.settings), time.monotonic()
    try:
        config, over = effective(where, book, now)
    except BadConfig:
        return {"configuration": None, "visit": []}
    trial = book.trial if book.trial is not None and book.trial.runs(boot_id(), now) else None
    tried = {"id": trial.id, "by": trial.by or trial.who, "left": round(trial.until - now, 1)} if trial else None
    return {
        "configuration": {"hash": config.hash, "changed": [dotted(path) for path in over], "trial": tried},
        "visit": [{"day": one.day and one.day.isoformat(), "what": one.what} for one in due(config, where, Host())],
    }


def _channel(row: list[Any]) -> dict[str, Any]:
    channel = LiveChannel(*row)
    return {
        "instrument": channel.instrument,
        "quantity": channel.quantity,
        "value": channel.value,
        "unit": quantities()[channel.quantity].unit,
        "raw": channel.raw,
        "flag": channel.flag,
        "reason": channel.reason,
        "age": round(time.monotonic() - channel.moment, 1),
    }


def lines(status: dict[str, Any]) -> list[str]:
    """The same for a person."""
    alive = {True: _("alive"), False: _("NOT RUNNING")}
    out = [
        _("acquisition: {state}").format(state=alive[status["acquire"]]),
        _("gateway:     {state}").format(state=alive[status["gateway"]]),
    ]
    if status["acquire"]:
        local = datetime.fromtimestamp(status["utc"] / 1000, BEIJING)
        trust = clock_words(status["clock"])
        out.append(_("clock:       {time:%Y-%m-%d %H:%M:%S} +08:00, {trust}").format(time=local, trust=trust))
        out.append(_("stored:      {count} records since the start").format(count=status["stored"]))
    if status["storage_fault"]:
        text = _("CARD: {fault}; {count} records wait in memory")
        out.append(text.format(fault=status["storage_fault"], count=status["waiting"]))
    out += [in_words(one) for one in status["operation"]]
    out += configuration_lines(status["configuration"])
    out += reading_lines(status["channels"])
    for name, one in status["destinations"].items():
        out.append(f"{name}: {destination_line(one)}")
        out += [f"   {line}" for line in destination_details(name, one)]
        if changed := one.get("link", {}).get("changed"):
            shown = ", ".join(f"{key}={value}" for key, value in changed.items())
            out.append("   " + _("set by the platform: {settings}").format(settings=shown))
        if progress := one.get("link", {}).get("history"):
            out.append("   " + _("is sending stored data that the platform asked for: {progress}").format(progress=progress))
        if one.get("link", {}).get("confirm") == "written":
            out.append("   " + _("it never answers: what is on the way when a connection breaks is lost, and nobody knows"))
    for name in status["alarms"]:
        text = _("drill, alarm: {name}") if name in status["practised"] else _("ALARM: {name}")
        out.append(text.format(name=name))
    out += [f"! {text}" for text in status["faults"].values()]
    if status["visit"]:
        out.append(_("On the next visit:"))
        out += [f"  {one['day'] or _('now')}: {one['what']}" for one in status["visit"]]
    return out


def reading_lines(channels: list[dict[str, Any]]) -> list[str]:
    """One line for each channel: value with unit, flag, age."""
    registry = quantities()
    out = []
    for one in channels:
        quantity = registry[one["quantity"]]
        mark = {1: "✓", 2: "·", 3: "?", 4: "✗", 9: "—"}[one["flag"]]
        label = quantity.name(words.language())
        value = quantity.text(one["value"])
        out.append(f"  {one['instrument']:<10} {mark} {value:>14}  {label}  {one['reason']} {one['age']:.0f} s".rstrip())
    return out


def configuration_lines(one: dict[str, Any] | None) -> list[str]:
    """Which configuration is in force, and what was changed over station.toml."""
    if one is None:
        return []
    out = [_("settings:    {hash}").format(hash=one["hash"][:12])]
    if one["changed"]:
        out[0] += _(", changed over station.toml: {names}").format(names=", ".join(one["changed"]))
    if trial := one["trial"]:
        text = _("   set {id} by {by} is being tried, the old ones return in {time}")
        out.append(text.format(id=trial["id"], by=trial["by"], time=_span(trial["left"])))
    return out


def clock_words(clock: dict[str, Any]) -> str:
    """Who vouches for the time, and how far it may be off."""
    if not clock["trusted"]:
        return _("NOT TRUSTED, records wait for the right time")
    if clock["error"] is None:
        return _("trusted ({source})").format(source=clock["source"])
    return _("trusted ({source}, ± {error:.1f} s)").format(source=clock["source"], error=clock["error"] / 1000)


def destination_details(name: str, one: dict[str, Any]) -> list[str]:
    """What is wrong with a destination, how its backlog goes, and which certificates end soon."""
    out = []
    if one["fault"]:
        out.append(explain_link(one["fault"], name, one["detail"]))
    backlog = one["backlog"]
    if one["owed"] > MANY and backlog["left"] is not None:
        text = _("backlog: {speed} records/s, done in about {time}")
        out.append(text.format(speed=backlog["speed"], time=_span(backlog["left"])))
    if budget := one.get("budget"):
        levels = {"full": N_("everything is sent"), "thin": N_("thinned out"), "scarce": N_("hours and alarms only")}
        text = _("budget {month}: {used_mb} of {of_mb} MB used, {level}")
        out.append(text.format(**budget | {"level": _(levels[budget["level"]])}))
    if one.get("held"):
        out.append(_("{count} records wait for the next month").format(count=one["held"]))
    ends = {
        "own": N_("the station's certificate ends in {days} days"),
        "broker": N_("the broker's certificate ends in {days} days"),
    }
    days = one.get("link", {}).get("certificate_days", {})
    return out + [_(ends[whose]).format(days=left) for whose, left in days.items() if left < WARN_DAYS]


def _span(seconds: float) -> str:
    """A time to wait, roughly."""
    if seconds < 90:
        return _("{n} s").format(n=round(seconds))
    return _("{n} min").format(n=round(seconds / 60)) if seconds < 5400 else _("{n} h").format(n=round(seconds / 3600))


def destination_line(one: dict[str, Any]) -> str:
    """owed, sent, confirmed of one destination."""
    state = _("connected") if one["connected"] else _("radio off") if one.get("resting") else _("NOT CONNECTED")
    return _("{state}, owed {owed}, sent {sent}, confirmed {confirmed}").format(
        state=state, owed=one["owed"], sent=one["sent"], confirmed=one["confirmed"]
    )
