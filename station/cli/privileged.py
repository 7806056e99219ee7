"""`station privileged`: the small root unit's program."""

import argparse

from station.cli.common import places

EXAMPLE = "station privileged --run /run/shanshui"


def configure(parser: argparse.ArgumentParser) -> None:
    """It has only the common options."""


def run(options: argparse.Namespace) -> int:
    """Always 0: what was done and what was refused is in the log."""
    from station.host.health import log_to_stderr
    from station.host.privileged import attend, carry_out

    log_to_stderr()
    attend(places(options).privileged, carry_out)
    return 0
