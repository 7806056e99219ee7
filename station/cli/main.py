"""`station`: one table of commands; only the chosen one is imported, so that each starts fast."""

import argparse
import difflib
import getpass
import os
import sys
from importlib import import_module
from itertools import pairwise
from typing import NoReturn

from station import VERSION, words
from station.cli._argparse import speak
from station.words import N_, _

COMMANDS: dict[str, str] = {
    "demo": N_("run a whole station on simulated hardware and show that every record arrives"),
    "acquire": N_("read the instruments and store intervals (a service)"),
    "gateway": N_("deliver stored records to the platforms (a service)"),
    "status": N_("what is alive, what is owed, what is wrong"),
    "doctor": N_("what is wrong, why, and what to do; a file for whoever helps"),
    "instrument": N_("an instrument was exchanged: serial number and certificates"),
    "setup": N_("from a few questions to an accepted station"),
    "scan": N_("what is connected: I2C, serial lines, Modbus"),
    "gaps": N_("what is missing, hour by hour, and why"),
    "trace": N_("record what travels on a bus, byte for byte"),
    "read": N_("read one instrument now"),
    "decode": N_("decode bytes of an instrument, without any hardware"),
    "sim": N_("a simulated world: instruments, faults, months of trouble"),
    "hj212": N_("the national protocol HJ 212: explain, build and capture frames"),
    "maintenance": N_("somebody works on the station: its data are marked, for a while"),
    "emergency": N_("everything is read, stored and told as often as can be, for a while; or a drill of it"),
    "sample": N_("a laboratory's or a person's value beside the station's"),
    "calibrate": N_("calibrate instruments in the field or from a co-location"),
    "evaluate": N_("judge sensors against a reference"),
    "compute": N_("the functions behind the figures: indices, limits, levels, classes, corrections"),
    "statistics": N_("hours and days out of stored intervals, with their indices"),
    "drivers": N_("which instruments are supported"),
    "backup": N_("configuration, certificates, records and what is owed, into one file"),
    "restore": N_("a backup onto a new card or another machine"),
    "privileged": N_("set the clock or reboot, as request files ask (a unit of root)"),
    "config": N_("check a configuration, or print the example"),
    "report": N_("a month as a page, a table and JSON: figures, what is missing and why, alarms, calibrations"),
    "log": N_("look at stored records, or export them"),
}
"""Command → what it does. The code of each is the module of that name in this folder."""

EXAMPLE = "station decode pms5003 424d001c000300040007000400050008031b00f9001b0006000300039a0002a2"


class Trouble(Exception):
    """A command cannot go on; the text is for the person. `code`: 1 the answer is no, 2 usage, 3 device or network."""

    def __init__(self, text: str, code: int = 3) -> None:
        self.code = code
        super().__init__(text)


class Parser(argparse.ArgumentParser):
    """A parser whose complaint about a mistyped option or choice names the nearest right one."""

    def error(self, message: str) -> NoReturn:
        """Complain, with a suggestion, and exit with 2."""
        told = message.partition(" (choose ")[0].partition("（可选")[0]
        words = told.translate(str.maketrans("':,：，", "     ")).split()
        known = {*self._option_string_actions, *(c for a in self._actions for c in a.choices or ())}
        near = [n for w in words if w not in known for n in difflib.get_close_matches(w, known, n=1, cutoff=0.75)]
        super().error(message + (_(" Did you mean {word!r}?").format(word=near[0]) if near else ""))


def common_options() -> argparse.ArgumentParser:
    """The options that stand before or behind every command."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--config", metavar="FILE", help=_("configuration (default: the installed station's)"))
    parser.add_argument("--state", metavar="DIR", help=_("folder of the record log and the ledgers"))
    parser.add_argument("--run", metavar="DIR", help=_("folder of sockets and live values"))
    parser.add_argument("--lang", choices=words.LANGUAGES, help=_("language of messages"))
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 fine, 1 the answer is no, 2 wrong usage or configuration, 3 device or network."""
    arguments = sys.argv[1:] if argv is None else argv
    words.use(_early_language(arguments) or words.from_environment())
    speak()
    top = _top_parser()
    options = top.parse_args(arguments)
    if options.version:
        print(VERSION)
        return 0
    if not options.rest:
        top.print_help()
        return 2
    command, *rest = options.rest
    if command not in COMMANDS:
        print(_unknown(command), file=sys.stderr)
        return 2
    return _run(command, rest, options)


def _top_parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {_(summary)}" for name, summary in COMMANDS.items())
    epilog = _("commands:\n{listing}\n\nexample:\n  {example}").format(listing=listing, example=EXAMPLE)
    parser = Parser(
        prog="station",
        description=_("Shanshui Station: measures, stores, delivers."),
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common_options()],
        usage=_("station [options] COMMAND …   (station COMMAND --help)"),
    )
    parser.add_argument("--version", action="store_true", help=_("print the version"))
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _early_language(arguments: list[str]) -> str:
    """--lang wherever it stands: even the help must speak it."""
    for word, following in pairwise([*arguments, ""]):
        if word == "--lang" and following in words.LANGUAGES:
            return following
        if word.startswith("--lang=") and word[7:] in words.LANGUAGES:
            return word[7:]
    return ""


def _unknown(command: str) -> str:
    near = difflib.get_close_matches(command, COMMANDS, n=1)
    hint = _(" Did you mean {word!r}?").format(word=near[0]) if near else ""
    known = _(" Known: {words}.").format(words=", ".join(COMMANDS))
    return _("station: there is no command {word!r}.").format(word=command) + hint + known


def _run(command: str, rest: list[str], options: argparse.Namespace) -> int:
    module = import_module(f"station.cli.{command}")
    parser = Parser(
        prog=f"station {command}",
        description=_(COMMANDS[command]),
        epilog=_("example:\n  {example}").format(example=module.EXAMPLE),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common_options()],
    )
    module.configure(parser)
    defaults = argparse.Namespace(config=None, state=None, run=None, lang=None)
    for name in vars(defaults):
        if hasattr(options, name):
            setattr(defaults, name, getattr(options, name))
    chosen = parser.parse_args(rest, defaults)
    try:
        code: int = module.run(chosen)
        sys.stdout.flush()
    except Trouble as trouble:
        print(f"station {command}: {trouble}", file=sys.stderr)
        return trouble.code
    except PermissionError as error:
        text = _("this user may not: {error}. Next: sudo, or once `sudo usermod -aG station {user}` and log in anew")
        print(f"station {command}: " + text.format(error=error, user=getpass.getuser()), file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone; nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code
