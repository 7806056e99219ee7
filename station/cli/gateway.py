"""`station gateway`: the delivering service."""

import argparse

from station.cli.common import begin_anew, configuration, places, supervised
from station.cli.main import Trouble
from station.words import _

EXAMPLE = "station gateway --config station.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """It has only the common options."""


def run(options: argparse.Namespace) -> int:
    """Deliver until told to stop."""
    from station.deliver import Gateway

    where = places(options)
    with supervised(where, "gateway"):
        config = configuration(options)
        try:
            gateway = Gateway(config, where)
        except OSError as error:
            text = _("cannot begin: {error}. Next: see that this folder exists and may be written: {folder}")
            raise Trouble(text.format(error=error, folder=where.state)) from None
        gateway.run()
    if gateway.settings.changed:
        begin_anew()
    return 0
