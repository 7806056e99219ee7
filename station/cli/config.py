"""`station config check`: every problem of a configuration at once; `station config example`: one to begin with."""

import argparse
from importlib.resources import files
from pathlib import Path

from station.cli.common import places, print_json
from station.config import BadConfig, load
from station.words import _

EXAMPLE = "station config check station.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "action",
        choices=("check", "example", "limits"),
        help=_("check a file, or print a commented example of it, or of an outfall's limits"),
    )
    parser.add_argument("file", nargs="?", help=_("the file to check (default: the one of --config)"))
    parser.add_argument("--json", action="store_true", help=_("problems as a JSON list"))


def run(options: argparse.Namespace) -> int:
    """0 if the configuration is right, 2 if not."""
    if options.action != "check":
        name = {"example": "example.toml", "limits": "limits_example.toml"}[options.action]
        print(files("station").joinpath(name).read_text("utf-8"), end="")
        return 0
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
