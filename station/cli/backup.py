"""`station backup FILE`: configuration, certificates, records and what is owed, into one file."""

import argparse
import time
from pathlib import Path

from station.cli.common import places
from station.cli.main import Trouble
from station.words import _

EXAMPLE = "station backup station.tar.gz"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help=_("the backup (.tar.gz); keep it safe, it holds passwords and keys"))


def run(options: argparse.Namespace) -> int:
    """0 if it was written, 2 without a usable configuration, 3 if it could not be written."""
    from station.config import BadConfig
    from station.host.pihealth import machine_serial
    from station.upkeep.keep import backup

    target = Path(options.file).absolute()
    try:
        backup(target, places(options), machine_serial(Path("/")), round(time.time() * 1000))
    except BadConfig as bad:
        raise Trouble("\n" + "\n".join(bad.lines), 2) from None
    except OSError as error:
        raise Trouble(_("the file cannot be written: {error}").format(error=error)) from None
    print(
        _("{path}: {mb:.1f} MB. It holds passwords and keys: keep it safe.").format(path=target, mb=target.stat().st_size / 1e6)
    )
    return 0
