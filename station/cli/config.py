"""`station config`: check one, print an example, show what is in force, and change settings in two steps."""

import argparse
import getpass
from importlib.resources import files
from pathlib import Path

from station.cli.common import places, print_json, seconds
from station.config import BadConfig, load
from station.words import _

EXAMPLE = "station config check station.toml"

ACTIONS = ("check", "example", "limits", "show", "apply", "confirm", "undo")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "action",
        choices=ACTIONS,
        help=_(
            "check a file, or print a commented example of it, or of an outfall's limits; show what is in force; "
            "apply changed settings for a while, confirm them, or undo them"
        ),
    )
    parser.add_argument(
        "file", nargs="?", help=_("the file to check (default: the one of --config), or the file with the changes")
    )
    parser.add_argument("--json", action="store_true", help=_("problems, or the answer, as JSON"))
    parser.add_argument(
        "--effective", action="store_true", help=_("show: with what was changed, and where each value comes from")
    )
    parser.add_argument(
        "--confirm-within", type=seconds, metavar="TIME", help=_("apply: the old ones return unless contact comes in this time")
    )
    parser.add_argument(
        "--by", default=getpass.getuser(), metavar="NAME", help=_("apply: who changes (default: the user's name)")
    )
    parser.add_argument("--note", default="", metavar="TEXT", help=_("apply: why"))


def run(options: argparse.Namespace) -> int:
    """0 if it is right or done, 1 if a change is refused, 2 if a file is wrong, 3 if acquisition does not run."""
    match options.action:
        case "check":
            return _check(options)
        case "example" | "limits":
            name = {"example": "example.toml", "limits": "limits_example.toml"}[options.action]
            print(files("station").joinpath(name).read_text("utf-8"), end="")
            return 0
        case _:
            from station.cli import _settings

            return _settings.run(options)


def _check(options: argparse.Namespace) -> int:
    path = Path(options.file) if options.file else places(options).config
    problems: list[str] = []
    try:
        load(path)
    except BadConfig as bad:
        problems = bad.lines
    if options.json:
        print_json({"ok": not problems, "problems": problems})
    elif problems:
        print("\n".join(problems))
    else:
        print(_("{path}: good").format(path=path))
    return 2 if problems else 0
