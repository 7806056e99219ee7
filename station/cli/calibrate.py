"""`station calibrate …`: a correction from a co-location, guided calibrations in the field, and signing a certificate."""

import argparse
import getpass
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from calibration.certificate import BadCertificate, add
from gateway import requests
from station.cli._fit import declare_fit, run_fit
from station.cli._guided import declare_guided, run_guided
from station.cli.common import places
from station.cli.main import Trouble, common_options
from station.live import read_fresh
from station.places import Places
from station.words import N_, _

EXAMPLE = "station calibrate fit colocation.csv --quantity pm25 --zone +08:00 --label start --model pms5003 --serial PMS-2291"
PATIENCE = 10.0
"""s to wait for the running acquisition."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (summary, example, declare, _run) in ACTIONS.items():
        epilog = _("example:\n  {example}").format(example=example)
        form = argparse.RawDescriptionHelpFormatter
        text = _(summary)
        shared = [common_options()]
        declare(actions.add_parser(name, parents=shared, help=text, description=text, epilog=epilog, formatter_class=form))


def run(options: argparse.Namespace) -> int:
    """Run one of them; its exit code."""
    return ACTIONS[options.action][3](options)


def _declare_sign(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help=_("the draft"))
    parser.add_argument("--by", required=True, metavar="NAME", help=_("who signs for it"))


def _run_sign(options: argparse.Namespace) -> int:
    """0 if the certificate is in its folder, 2 if the draft is none."""
    try:
        content = tomllib.loads(options.file.read_text("utf-8"))
        path, certificate = add(places(options).certificates, content | {"author": options.by})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, BadCertificate) as error:
        raise Trouble(_("{path} is no certificate: {error}").format(path=options.file, error=error), 2) from None
    print(_("certificate {id} is in force from {date} on: {path}").format(id=certificate.id, date=certificate.date, path=path))
    told = tell(places(options), {})
    print(_("The station knows it.") if told else _("The station does not run; it reads its certificates when it starts."))
    return 0


def tell(where: Places, facts: dict[str, object]) -> bool:
    """Let the running station read its certificates anew, and keep `facts` as an event; False if none runs or answers."""
    if not read_fresh(where.live):
        return False
    request = requests.make("certificates", f"cli:{getpass.getuser()}", facts)
    requests.put(where.requests, request)
    return requests.wait_for_answer(where.requests, request, PATIENCE) is not None


ACTIONS: dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]] = {
    "fit": (N_("a correction from a co-location with a reference"), EXAMPLE, declare_fit, run_fit),
    "ph": (
        N_("a pH probe in two or three buffers"),
        "station calibrate ph river --by 'Wang Li' --standards 6.86 4.01 9.18",
        partial(declare_guided, "ph"),
        run_guided,
    ),
    "dissolved-oxygen": (
        N_("an oxygen probe at saturation"),
        "station calibrate dissolved-oxygen oxygen --by 'Wang Li' --pressure 99.5",
        partial(declare_guided, "dissolved-oxygen"),
        run_guided,
    ),
    "conductivity": (
        N_("a conductivity probe in a standard"),
        "station calibrate conductivity sonde --by 'Wang Li' --standards 1413",
        partial(declare_guided, "conductivity"),
        run_guided,
    ),
    "turbidity": (
        N_("a turbidity probe in pure water and a standard"),
        "station calibrate turbidity sonde --by 'Wang Li' --standards 0 100",
        partial(declare_guided, "turbidity"),
        run_guided,
    ),
    "noise": (
        N_("a sound level meter with an acoustic calibrator"),
        "station calibrate noise noise --by 'Wang Li' --standards 94.0",
        partial(declare_guided, "noise"),
        run_guided,
    ),
    "pm-zero": (
        N_("the zero of a particle sensor through a filter"),
        "station calibrate pm-zero pm --by 'Wang Li'",
        partial(declare_guided, "pm-zero"),
        run_guided,
    ),
    "voc": (
        N_("a photoionisation detector with zero air and span gas"),
        "station calibrate voc voc --by 'Wang Li' --standards 0 1000",
        partial(declare_guided, "voc"),
        run_guided,
    ),
    "sign": (
        N_("sign a certificate that `calibrate fit` has drafted"),
        "station calibrate sign draft.toml --by 'Wang Li'",
        _declare_sign,
        _run_sign,
    ),
}
"""Sub-command → summary, example, arguments, code."""
