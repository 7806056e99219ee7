"""`station privileged`: the small root unit's program."""

import argparse

from station.cli.common import places
from station.cli.main import Trouble
from station.words import _

EXAMPLE = "station privileged --run /run/shanshui"


def configure(parser: argparse.ArgumentParser) -> None:
    """It has only the common options."""


def run(options: argparse.Namespace) -> int:
    """0 if every waiting request was looked at (one that is refused is in the log), 3 if their folder is not there."""
    from station.health import log_to_stderr
    from station.privileged import attend, carry_out

    folder = places(options).privileged
    if not folder.is_dir():
        text = _("there is no folder {folder}. Next: start the station's services, or name its run folder with --run")
        raise Trouble(text.format(folder=folder))
    log_to_stderr()
    attend(folder, carry_out)
    return 0
