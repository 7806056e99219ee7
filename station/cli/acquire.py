"""`station acquire`: the measuring service."""

import argparse

from station.cli.common import configuration, places
from station.cli.main import Trouble
from station.words import _

EXAMPLE = "station acquire --config station.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """It has only the common options."""


def run(options: argparse.Namespace) -> int:
    """Measure until told to stop."""
    from gateway.log.schema import TooNew
    from gateway.log.store import StorageError
    from station.acquire import Acquisition
    from station.health import log_to_stderr

    config = configuration(options)
    where = places(options)
    log_to_stderr()
    try:
        acquisition = Acquisition(config, where)
    except (OSError, StorageError, TooNew) as error:
        text = _("cannot begin: {error}. Next: see that this folder exists and may be written: {folder}")
        raise Trouble(text.format(error=error, folder=where.state)) from None
    acquisition.run()
    return 0
