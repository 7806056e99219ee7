"""`station privileged`: the program of the small root units."""

import argparse
from pathlib import Path

from station.cli.common import places
from station.cli.main import Trouble
from station.words import _

EXAMPLE = "station privileged --run /run/shanshui"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--arm-watchdog", action="store_true", help=_("have systemd feed the hardware watchdog, when it is time"))


def run(options: argparse.Namespace) -> int:
    """0: what was done and what was refused is in the log; 3 if the watchdog cannot be armed."""
    import logging
    import subprocess

    from station.host.health import log_to_stderr
    from station.host.privileged import arm_watchdog, attend, carry_out

    log_to_stderr()
    if not options.arm_watchdog:
        attend(places(options).privileged, carry_out)
        return 0
    try:
        logging.getLogger(__name__).info("%s", arm_watchdog(Path("/")))
    except (OSError, subprocess.SubprocessError) as error:
        raise Trouble(_("the hardware watchdog cannot be armed: {error}").format(error=error)) from None
    return 0
