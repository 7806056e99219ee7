"""What was installed and what it has stored: owners, units, configuration, what is switched on, records, backlog."""

import os
import pwd
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.ledger import Ledger
from gateway.link.secret import secret_file
from gateway.log.reader import LogReader
from station.clock import boot_id
from station.config import BadConfig, Config
from station.doctor.check import CONFIGURATION, Check, failed, good, skipped, warning
from station.doctor.host import Host
from station.host.pihealth import standing
from station.live import read_fresh
from station.operation import in_words
from station.places import Places, there
from station.remote.book import read_book
from station.remote.changes import Route, dotted
from station.remote.effective import effective
from station.words import _

SERVICES = ("acquire", "gateway")
GROUP = "station"

OFTEN = 5
"""Starts of a service since the machine's own that are worth a look."""

LATE = 6.0
"""Hours of records that are owed without anybody being surprised."""


def check_configuration(where: Places) -> tuple[Config | None, list[Check]]:
    """The configuration, None if it cannot be used, and what is to be said about it."""
    name = "configuration"
    if not there(where.config):
        return None, [failed(name, "config_missing", CONFIGURATION, path=where.config)]
    if not os.access(where.config, os.R_OK):
        user = pwd.getpwuid(os.geteuid()).pw_name
        return None, [failed(name, "config_unreadable", CONFIGURATION, path=where.config, user=user)]
    try:
        config, over = effective(where, read_book(where.settings), time.monotonic())
    except BadConfig as bad:
        return None, [failed(name, "config_bad", CONFIGURATION, lines="; ".join(bad.lines))]
    seen = _("{path}: {instruments} instruments, {destinations} destinations")
    numbers = {"instruments": len(config.instruments), "destinations": len(config.destinations)}
    checks = [good(name, seen.format(path=where.config, **numbers)), *_settings(where, over)]
    for destination in config.destinations:
        for key in ("password_file", "key_file"):
            if secret := getattr(destination.settings, key, ""):
                checks.append(_secret(f"{destination.name}.secret", secret_file(secret)))
    if config.remote.key_file:
        checks.append(_secret("remote.secret", secret_file(config.remote.key_file)))
    return config, checks


def _settings(where: Places, over: Mapping[Route, Any]) -> Iterator[Check]:
    """What lies over station.toml, if anything does."""
    name, book, now = "settings", read_book(where.settings), time.monotonic()
    if book.trial is not None and book.trial.runs(boot_id(), now):
        yield warning(
            name, "settings_tried", id=book.trial.id, by=book.trial.by or book.trial.who, minutes=(book.trial.until - now) / 60
        )
    elif left_out := [dotted(one.change.path) for one in book.kept if one.change.path not in over]:
        yield warning(name, "settings_left_out", names=", ".join(left_out))
    elif over:
        seen = _("changed over {path}: {names}")
        yield good(name, seen.format(path=where.config, names=", ".join(map(dotted, over))))


def _secret(name: str, path: Path) -> Check:
    try:
        mode = path.stat().st_mode
        path.read_bytes()
    except PermissionError:
        return skipped(name, _("only root may read {path}: sudo station doctor").format(path=path))
    except OSError as error:
        return failed(name, "secret_missing", CONFIGURATION, path=path, why=error.strerror)
    if mode & 0o004:
        return warning(name, "secret_open", path=path, mode=f"{mode & 0o777:o}")
    return good(name, str(path))


def check_owners(host: Host, where: Places) -> Iterator[Check]:
    """Folders and files: on an installed station those of its users, else our own."""
    users, groups = host.accounts("passwd"), host.accounts("group")
    if "station-acquire" not in users or GROUP not in groups:
        yield from _own(where)
        return
    if not os.access(where.state, os.X_OK):
        yield skipped("owners", _("only root and the group {group} may look at {path}").format(group=GROUP, path=where.state))
        return
    if where.config.exists() and (found := _unreadable(where.config, int(groups[GROUP][2]))):
        facts = {"owner": _name(users, found.st_uid), "group": _name(groups, found.st_gid), "mode": f"{found.st_mode & 0o7777:o}"}
        yield failed("owners.configuration", "owner", path=where.config, wanted=f"root:{GROUP} 640", **facts)
    for service in SERVICES:
        folder = where.state / service
        name = f"owners.{service}"
        if not folder.is_dir():
            yield failed(name, "folder_missing", path=folder)
            continue
        wrong = _misowned(folder, int(users[f"station-{service}"][2]), int(groups[GROUP][2]))
        if wrong is None:
            yield good(name, _("{path}: right owners and modes").format(path=folder))
            continue
        path, wanted = wrong
        found = path.stat()
        yield failed(
            name, "owner", path=path, owner=_name(users, found.st_uid), group=_name(groups, found.st_gid),
            mode=f"{found.st_mode & 0o7777:o}", wanted=wanted.format(service=service),
        )  # fmt: skip


def _misowned(folder: Path, user: int, group: int) -> tuple[Path, str] | None:
    """The first thing in `folder` (itself first) that shuts a service out, and what it should be.

    What is closed to the group holds a secret, and must be the service's own.
    """
    found = folder.stat()
    if (found.st_uid, found.st_gid) != (user, group) or found.st_mode & 0o2770 != 0o2770:
        return folder, f"station-{{service}}:{GROUP} 2770"
    for path in sorted(folder.iterdir()):
        found = path.stat()
        private = found.st_mode & 0o777 == 0o600
        if path.is_file() and private and found.st_uid != user:
            return path, f"station-{{service}}:{GROUP} 600"
        if path.is_file() and not private and (found.st_gid != group or found.st_mode & 0o060 != 0o060):
            return path, f"station-{{service}}:{GROUP} 660"
    return None


def _unreadable(path: Path, group: int) -> os.stat_result | None:
    """What shuts the services, which are in `group`, out of a file; None if they can read it."""
    found = path.stat()
    readable = found.st_mode & (0o040 if found.st_gid == group else 0o004)
    return None if readable else found


def _own(where: Places) -> Iterator[Check]:
    folder = standing(where.state)
    user = pwd.getpwuid(os.geteuid()).pw_name
    if os.access(folder, os.W_OK):
        yield good("owners", _("{path} can be written by {user}").format(path=folder, user=user))
    else:
        yield failed("owners", "not_writable", path=folder, user=user)


def _name(accounts: dict[str, list[str]], number: int) -> str:
    return next((name for name, fields in accounts.items() if fields[2] == str(number)), str(number))


def check_units(host: Host, where: Places) -> Iterator[Check]:
    """The two services, by systemd if it runs them, else by the files that they keep fresh."""
    for service in SERVICES:
        unit = f"station-{service}.service"
        shown = host.run("systemctl", "show", "-p", "LoadState,ActiveState,SubState,Result,UnitFileState,NRestarts", unit)
        state = dict(line.partition("=")[::2] for line in (shown or "").splitlines())
        if state.get("LoadState") == "loaded":
            yield _unit(service, unit, state)
        elif read_fresh(where.live if service == "acquire" else where.delivery):
            yield good(f"unit.{service}", _("runs, but not under systemd"))
        else:
            yield warning(f"unit.{service}", "not_running", service=service)


def _unit(service: str, unit: str, state: dict[str, str]) -> Check:
    name, active = f"unit.{service}", state.get("ActiveState", "")
    if active == "failed" or (active == "activating" and state.get("SubState") == "auto-restart"):
        return failed(name, "unit_failed", unit=unit, result=state.get("Result", ""))
    if active not in ("active", "activating", "reloading"):
        return failed(name, "unit_stopped", unit=unit, state=active)
    if state.get("UnitFileState") not in ("enabled", "static"):
        return warning(name, "unit_disabled", unit=unit, state=state.get("UnitFileState"))
    restarts = int(state.get("NRestarts") or 0)
    if restarts >= OFTEN:
        return warning(name, "unit_restarts", unit=unit, count=restarts)
    return good(name, _("{unit} is active, {count} restarts").format(unit=unit, count=restarts))


def check_records(where: Places, config: Config) -> Iterator[Check]:
    """What acquisition stores."""
    live = read_fresh(where.live)
    if live is not None and live["storage_fault"]:
        yield failed("records", "storage", fault=live["storage_fault"], waiting=live["waiting"])
        return
    if not where.log.exists():
        yield skipped("records", _("nothing has been stored yet"))
        return
    with where.log.open("rb") as file:
        head = file.read(16)
    if head and head != b"SQLite format 3\0":
        yield failed("records", "log_damaged", path=where.log, why=repr(head[:8]))
        return
    reader = LogReader(where.log)
    newest = next(iter(reader.newest_first(0, 2**62, 1)), None)
    reader.close()
    if newest is None or newest.start is None:
        yield skipped("records", _("no record has a time yet"))
        return
    age = time.time() - newest.start / 1000 - config.station.interval
    if live is not None and age > 3 * config.station.interval + 60:
        yield failed("records", "nothing_stored", minutes=age / 60)
    else:
        yield good("records", _("the newest record is number {sequence}").format(sequence=newest.sequence))


def check_operation(where: Places) -> Iterator[Check]:
    """What people have switched on."""
    for one in (read_fresh(where.live) or {}).get("operation", ()):
        finding = "emergency" if one["what"] == "emergency" else "maintained"
        yield warning("operation", finding, told=in_words(one), off=_switch_off(one))


def _switch_off(one: dict[str, Any]) -> str:
    instrument = f" --instrument {one['instrument']}" if one["instrument"] else ""
    return f"station {one['what']} off{instrument}"


def check_backlog(where: Places, config: Config) -> Iterator[Check]:
    """What each destination is owed."""
    delivery = read_fresh(where.delivery)
    for destination in config.destinations:
        name = f"{destination.name}.backlog"
        path = where.ledgers / f"{destination.name}.db"
        if delivery is not None and destination.name in delivery["destinations"]:
            state = delivery["destinations"][destination.name]
            owed, refused = int(state["owed"]), int(state["refused"])
        elif path.exists():
            ledger = Ledger(path)
            owed, refused = ledger.owed.total, ledger.refused
            ledger.abandon()
        else:
            yield skipped(name, _("nothing was ever delivered"))
            continue
        hours = owed * config.station.interval / 3600
        if hours > LATE:
            yield warning(name, "backlog", owed=owed, name=destination.name, hours=hours)
        elif refused:
            yield warning(name, "refused_records", name=destination.name, count=refused)
        else:
            yield good(name, _("{owed} records are owed").format(owed=owed))
