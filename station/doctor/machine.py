"""The computer itself: power, temperature, clock, disk, card."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.log.room import FLOOR
from station.clock import RELEASE, Clock
from station.doctor.check import Check, failed, good, skipped, warning
from station.doctor.host import Host
from station.host import pihealth
from station.words import _

HOTTEST = 80.0
"""°C: a Raspberry Pi begins to slow down there (soft limit of its firmware)."""

LOW_SPACE = 200
"""MB of free space under which somebody should look."""

WORN = 8
"""Tenths of its life after which a card is to be changed."""


def check_machine(host: Host, state: Path) -> Iterator[Check]:
    """Everything about the machine; `state` is the folder with the station's data."""
    yield _power(host)
    yield _temperature(host)
    yield _start(host)
    yield _clock(host)
    yield from _disk(host, state)


def _power(host: Host) -> Check:
    bits = pihealth.throttled(host.root)
    if bits is None:
        return skipped("power", _("this machine does not say (only a Raspberry Pi does)"))
    if bits & pihealth.UNDER_VOLTAGE:
        return failed("power", "under_voltage", bits=bits)
    if bits & pihealth.UNDER_VOLTAGE << pihealth.SINCE_START:
        return warning("power", "was_under_voltage", bits=bits)
    return good("power", _("no under-voltage since the start"))


def _temperature(host: Host) -> Check:
    degrees = pihealth.temperature(host.root)
    if degrees is None:
        return skipped("temperature", _("this machine does not say"))
    if degrees >= HOTTEST:
        return failed("temperature", "too_hot", degrees=degrees)
    return good("temperature", _("processor {degrees:.0f} °C").format(degrees=degrees))


def _start(host: Host) -> Check:
    up = pihealth.uptime(host.root)
    if pihealth.reset_cause(host.root) == "watchdog":
        return warning("start", "watchdog_reset")
    if up is None:
        return skipped("start", _("this machine does not say"))
    return good("start", _("up for {hours:.1f} hours").format(hours=up / 3600))


def _clock(host: Host) -> Check:
    now = Clock(host.wall, host.wall, RELEASE, host.clock()).now()
    time = datetime.fromtimestamp(host.wall(), UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now.wall < RELEASE:
        return failed("clock", "clock_past", time=time)
    if not now.trusted:
        return failed("clock", "clock_untrusted", time=time)
    if now.source != "ntp":
        return warning("clock", "clock_free", source=now.source)
    return good("clock", _("synchronised, error at most {error} ms").format(error=now.error))


def _disk(host: Host, state: Path) -> Iterator[Check]:
    folder = pihealth.standing(state)
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize
    if free < FLOOR:
        yield failed("disk", "disk_full", path=folder, free=free >> 20, floor=FLOOR >> 20)
    elif space.f_files and space.f_favail < 10:
        yield failed("disk", "no_inodes", path=folder, inodes=space.f_favail)
    elif free >> 20 < LOW_SPACE:
        yield warning("disk", "disk_low", path=folder, free=free >> 20)
    else:
        yield good("disk", _("{free} MB free at {path}").format(free=free >> 20, path=folder))
    yield _card(host, folder.resolve())


def _card(host: Host, folder: Path) -> Check:
    mount = pihealth.mount_of(host.root, folder)
    if mount is None:
        return skipped("card", _("this machine does not say"))
    if not mount.writable:
        return failed("card", "read_only", point=mount.point, device=mount.device)
    card = pihealth.card_of(host.root, mount)
    if card.errors:
        return failed("card", "card_errors", name=card.name, count=card.errors)
    if card.worn is not None and card.worn >= WORN:
        return warning("card", "card_worn", name=card.name, percent=min(100, card.worn * 10))
    written = _("{mb} MB written since the start").format(mb=card.written) if card.written is not None else mount.kind
    return good("card", f"{card.name}: {written}")
