"""Every command is in the table, has a file, and its help ends with an example."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.house.source import ROOT, complain, modules

HELPERS = {"__init__", "main", "common"}
"""Files in station/cli/ that are no command; what begins with `_` is none either."""


def commands() -> list[str]:
    return list(import_module("station.cli.main").COMMANDS)


def test_the_table_and_the_files_agree() -> None:
    files = {path.stem for path in (ROOT / "station/cli").glob("*.py")} - HELPERS
    files = {name for name in files if not name.startswith("_")}
    complain(sorted(set(commands()) - files), "in COMMANDS, but without a file in station/cli/:")
    complain(sorted(files - set(commands())), "in station/cli/, but not in COMMANDS:")


OF_ARGPARSE = ("usage: ", "options:", "positional arguments", "show this help")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("log tial", "station log：错误：参数 action：没有这个选择：'tial'"),
        ("scan --unitz 3", "station scan：错误：无法识别的参数：--unitz 3 是不是 '--units'？"),
        ("log tail -n x", "参数 -n：'x' 不是有效的"),
        ("read", "缺少参数：INSTRUMENT"),
        ("log tail --channel", "参数 --channel：需要一个值"),
    ],
)
def test_a_wrong_word_is_told_in_chinese(typed: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = import_module("station.cli.main").main
    with pytest.raises(SystemExit) as end:
        main(["--lang", "zh", *typed.split()])
    shown = capsys.readouterr().err
    assert end.value.code == 2 and said in shown and "usage: " not in shown, shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_help_ends_with_its_example(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = import_module("station.cli.main").main
    offenders = []
    for name in commands():
        try:
            example = import_module(f"station.cli.{name}").EXAMPLE
            with pytest.raises(SystemExit) as end:
                main(["--lang", language, name, "--help"])
        except (ImportError, AttributeError) as error:
            offenders.append(f"{name}: {error}")
            continue
        shown = capsys.readouterr().out
        if end.value.code or not shown.rstrip().endswith(example):
            offenders.append(f"{name}: the help ends with {shown.rstrip()[-60:]!r}")
        if language == "zh" and (english := [word for word in OF_ARGPARSE if word in shown]):
            offenders.append(f"{name}: says in English {english}")
        if not example.startswith(f"station {name}"):
            offenders.append(f"{name}: EXAMPLE is {example!r}")
    complain(offenders, f"`station COMMAND --help` ends with EXAMPLE, an exact command line ({language}):")


def within(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The parsers of subcommands, with the words that lead there."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield f"{words} {word}", inner
                yield from within(inner, f"{words} {word}")


def test_subcommands_have_an_example_too() -> None:
    offenders = []
    for name in commands():
        parser = argparse.ArgumentParser(prog=f"station {name}")
        try:
            import_module(f"station.cli.{name}").configure(parser)
        except (ImportError, AttributeError) as error:
            offenders.append(f"{name}: {error}")
        for words, inner in within(parser, f"station {name}"):
            lines = inner.format_help().rstrip().splitlines()
            if not lines[-1].strip().startswith(words):
                offenders.append(f"{words}: the help ends with {lines[-1]!r}")
    complain(offenders, "the help of a subcommand ends with an example of it:")


def test_no_argument_takes_the_place_of_a_common_option() -> None:
    """`station maintenance on` once put "on" where --state is looked up."""
    offenders = []
    common = {action.dest for action in import_module("station.cli.main").common_options()._actions}
    for name in commands():
        parser = argparse.ArgumentParser(prog=f"station {name}")
        import_module(f"station.cli.{name}").configure(parser)
        own = [action for action in parser._actions if action.dest in common]
        for _words, inner in within(parser, f"station {name}"):
            own += [one for one in inner._actions if one.dest in common and f"--{one.dest}" not in one.option_strings]
        offenders += [f"{name}: {action.dest}" for action in own]
    complain(offenders, "these have the name of an option that every command has:")


IMPORT_ALL = """
import importlib, sys, threading, traceback
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        sys.stderr.write(f"{name}: {type(error).__name__}: {error}\\n")
    if threading.active_count() > 1:
        sys.exit(f"{name}: starts a thread when it is imported")
"""


def test_every_module_can_be_imported(tmp_path: Path) -> None:
    names = [name for name in modules() if not name.endswith("__main__")]
    environment = {**os.environ, "PYTHONWARNINGS": "error", "HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    complain(run.stderr.splitlines(), "cannot be imported without hardware, in a strange folder:")
    assert (run.returncode, run.stdout) == (0, ""), "importing a module must not print or stop"
    assert not list(tmp_path.iterdir()), "importing a module must not write files"
