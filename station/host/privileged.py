"""What only root may do, asked for by request files: set the clock, reboot. The services themselves have no such right.

Run by `station-privileged.service` when a file lies in the folder. It decides itself what is reasonable: a time before this
software was made is refused, and so is a reboot of a machine that has not been up for six hours, so that whoever asks in vain
again and again reboots it four times a day at most, whatever its clock says.

The hardware watchdog keeps the same pace. `station-watchdog.service` has systemd feed it from the start if the machine was just
switched on; after any other start (by the watchdog, by request, by hand, or if the machine does not say) only when it has been up
for six hours. The price: a machine that hangs for good within six hours of such a start waits for somebody, or for the sun that
gives it its power anew.
"""

import logging
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.link.hj212.duties import slew
from gateway.requests import BadRequest, Request, take
from station.clock import DAY, RELEASE
from station.host.pihealth import reset_cause, text_of

BETWEEN_REBOOTS = 6 * 3600.0
"""s that the machine must have been up before it is rebooted for a request."""

LATEST = RELEASE + 50 * 365 * DAY
"""UTC ms: no request sets the clock to a later time."""

FED = 60
"""s without systemd after which the hardware watchdog resets the machine, or as many as the hardware can count."""

_MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")

LONGEST_SLEW = 60_000
"""ms that are slewed (at 500 ppm a minute takes 33 hours); what is more must be a step."""

log = logging.getLogger(__name__)


class Refused(Exception):
    """The request is not carried out; the text says why."""


def attend(folder: Path, do: Callable[[Request], str]) -> None:
    """Carry out every request in `folder` by `do`. What was done or refused is logged, nothing is answered."""
    for request in take(folder):
        if isinstance(request, BadRequest):
            log.error("%s", request)
            continue
        try:
            log.warning("%s asked: %s", request.who, do(request))
        except (Refused, OSError, subprocess.SubprocessError) as error:
            log.error("%s asked for %s %s: refused, %s", request.who, request.action, request.arguments, error)


def carry_out(request: Request) -> str:
    """Do it; what was done. Raises Refused, OSError or SubprocessError."""
    if request.action == "set_clock":
        return _set_clock(request.arguments)
    if request.action == "reboot":
        return _reboot(str(request.arguments.get("why", "")))
    raise Refused("not a thing for root")


def arm_watchdog(root: Path) -> str:
    """Have systemd feed the hardware watchdog, now or when it is time; what was done. Raises OSError or SubprocessError."""
    longest = int(text_of(root, "sys/class/watchdog/watchdog0/max_timeout") or 0)
    seconds = min(FED, longest - 1) if longest > 1 else FED
    arm = ["busctl", "set-property", *_MANAGER, "RuntimeWatchdogUSec", "t", str(seconds * 1_000_000)]
    cause = reset_cause(root)
    if cause == "power":
        subprocess.run(arm, check=True, timeout=20, capture_output=True)
        return f"the hardware watchdog is fed: {seconds} s"
    later = ["systemd-run", "--quiet", "--collect", f"--on-boot={BETWEEN_REBOOTS:.0f}"]
    subprocess.run([*later, *arm], check=True, timeout=20, capture_output=True)
    return f"started by {cause or 'nobody knows what'}: the hardware watchdog is fed once the machine is up for 6 h"


def _set_clock(arguments: dict[str, Any]) -> str:
    by, how = arguments.get("by"), arguments.get("how")
    if not isinstance(by, int) or isinstance(by, bool) or how not in ("step", "slew"):
        raise Refused("by (ms) or how is wrong")
    moment = round(time.time() * 1000) + by
    if not RELEASE <= moment <= LATEST:
        raise Refused(f"{moment} ms is no time of this station")
    if how == "slew":
        if abs(by) > LONGEST_SLEW:
            raise Refused(f"{by} ms are too much to be slewed")
        slew(by)
    else:
        time.clock_settime(time.CLOCK_REALTIME, moment / 1000)
    return f"clock: {how} by {by} ms"


def _reboot(why: str) -> str:
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    if up < BETWEEN_REBOOTS:
        raise Refused(f"the machine has been up for {up:.0f} s only, {BETWEEN_REBOOTS:.0f} s are asked for")
    subprocess.run(["systemctl", "--no-block", "reboot"], check=True, timeout=20, capture_output=True)
    return f"reboot: {why}"
