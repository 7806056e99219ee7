"""`station compute`: the daemon's own functions, one at a time or a line of JSON at a time."""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

from station.cli.common import print_json
from station.cli.main import Trouble
from station.compute.calculator import BadCall, call, from_text, signature, sources
from station.compute.functions import FUNCTIONS
from station.metrics.tables import CONFIDENCE
from station.words import _

EXAMPLE = "station compute iaqi pollutant=pm25 period=24h concentration=75.4 date=2026-11-24"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("function", metavar="FUNCTION", nargs="?", help=_("a name from --list"))
    parser.add_argument(
        "arguments", metavar="KEY=VALUE", nargs="*", help=_("numbers, texts, JSON arrays and objects; null: missing")
    )
    parser.add_argument("--list", action="store_true", help=_("list the functions with their arguments"))
    parser.add_argument(
        "--jsonl", action="store_true", help=_('read {"fn": NAME, …} a line, write {"result": …} or {"error": …} a line')
    )
    parser.add_argument("--json", action="store_true", help=_("JSON instead of text"))


def run(options: argparse.Namespace) -> int:
    """Compute and print."""
    if options.list:
        return _list(options.json)
    if options.jsonl:
        return _lines(sys.stdin.buffer)
    if not options.function:
        raise Trouble(_("name a function, or see --list"), 2)
    try:
        given = from_text(options.function, options.arguments)
        result = call(options.function, given)
    except BadCall as bad:
        usage = (
            _("usage: station compute {words}").format(words=signature(options.function)) if options.function in FUNCTIONS else ""
        )
        raise Trouble("\n".join(filter(None, (str(bad), usage or _("`station compute --list` shows all.")))), 2) from None
    cited = sources(options.function, given)
    formula = _(FUNCTIONS[options.function].formula)
    if options.json:
        where = [{"text": one.text, "confidence": one.confidence} for one in cited]
        print_json({"fn": options.function, "result": result, "formula": formula, "sources": where})
        return 0
    print(_shown(result))
    print(_("formula: {text}").format(text=formula))
    for one in cited:
        print(_("source: {text}; {confidence}").format(text=one.text, confidence=_(CONFIDENCE[one.confidence])))
    return 0


def _shown(result: Any) -> str:
    """A result as people read it: an object a key a line."""
    if isinstance(result, dict) and result:
        width = max(map(len, result))
        return "\n".join(f"{key:<{width}}  {_plain(value)}" for key, value in result.items())
    return _plain(result)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _list(as_json: bool) -> int:
    if as_json:
        print_json([{"fn": name, "usage": signature(name), "formula": _(entry.formula)} for name, entry in FUNCTIONS.items()])
        return 0
    for name, entry in FUNCTIONS.items():
        print(signature(name))
        print(f"    {_(entry.formula)}")
    return 0


def _lines(lines: Iterable[bytes]) -> int:
    """Answer each line in its place."""
    for line in lines:
        print_json(_answer(line))
        sys.stdout.flush()
    return 0


def _answer(line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": _("this line is no JSON")}
    if not isinstance(asked, dict) or not isinstance(asked.get("fn"), str):
        return {"error": _('write {"fn": NAME, argument: value, …}')}
    try:
        return {"result": call(asked.pop("fn"), asked)}
    except BadCall as bad:
        return {"error": str(bad)}
