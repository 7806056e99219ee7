"""`station doctor`: what is wrong, why, and what to do."""

import argparse
from pathlib import Path

from station.cli.common import places, print_json
from station.cli.main import Trouble
from station.words import _

EXAMPLE = "station doctor --lang zh"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help=_("one JSON object"))
    parser.add_argument("--bundle", metavar="FILE", help=_("also write a file for whoever helps (.tar.gz), without secrets"))


def run(options: argparse.Namespace) -> int:
    """0 good or warnings, 1 a check failed, 2 the configuration, 3 a device or the network; the worst of them."""
    from station import words
    from station.doctor.host import Host
    from station.doctor.report import examine, exit_code, lines
    from station.doctor.support import language_of, write_bundle

    host, where = Host(), places(options)
    if options.lang is None:
        words.use(language_of(where) or words.language())
    checks = []
    for check in examine(host, where):
        checks.append(check)
        if not options.json:
            print("\n".join(lines(check)), flush=True)
    if options.json:
        print_json({"checks": [check.as_json() for check in checks]})
    if options.bundle:
        try:
            write_bundle(Path(options.bundle), host, where, checks)
        except OSError as error:
            raise Trouble(_("the file cannot be written: {error}").format(error=error)) from None
    return exit_code(checks)
