"""The words of argparse itself, in the reader's language."""

import argparse

from station.words import N_, _

WORDS = (
    N_("usage: "), N_("options"), N_("positional arguments"), N_("show this help message and exit"),
    N_("%(prog)s: error: %(message)s\n"), N_("argument %(argument_name)s: %(message)s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"), N_("invalid %(type)s value: %(value)r"),
    N_("unknown parser %(parser_name)r (choices: %(choices)s)"), N_("unrecognized arguments: %s"),
    N_("the following arguments are required: %s"), N_("one of the arguments %s is required"),
    N_("not allowed with argument %s"), N_("ignored explicit argument %r"),
    N_("ambiguous option: %(option)s could match %(matches)s"), N_("expected one argument"),
    N_("expected at most one argument"), N_("expected at least one argument"), N_("expected %s argument"),
    N_("expected %s arguments"),
)  # fmt: skip
"""What argparse of Python 3.11 to 3.13 says to whoever types; the rest of its messages are for programmers."""


def speak() -> None:
    """Have argparse ask our catalogue: it calls gettext by these two names, and cannot be given another catalogue."""
    vars(argparse).update(_=_, ngettext=lambda one, many, count: _(one if count == 1 else many))
