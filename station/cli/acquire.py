"""`station acquire`: the measuring service."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from station.cli.common import begin_anew, configuration, places, supervised
from station.cli.main import Trouble
from station.words import _

if TYPE_CHECKING:
    from station.recorder import Witness

EXAMPLE = "station acquire --config station.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--journal", metavar="FILE", help=_("write down what is stored, for `station sim chaos --real`"))


def run(options: argparse.Namespace) -> int:
    """Measure until told to stop."""
    from gateway.log.schema import TooNew
    from station.acquire import Acquisition

    where = places(options)
    with supervised(where, "acquire"):
        config = configuration(options)
        try:
            acquisition = Acquisition(config, where, witness=_witness(options.journal))
        except (OSError, TooNew) as error:
            text = _("cannot begin: {error}. Next: see that this folder exists and may be written: {folder}")
            raise Trouble(text.format(error=error, folder=where.state)) from None
        acquisition.run()
    if acquisition.settings.changed:
        begin_anew()
    return 0


def _witness(path: str | None) -> "Witness | None":
    if not path:
        return None
    from station.trial.journal import Journal

    return Journal(Path(path))
