"""What a command asks of the acquisition that runs, and how its answer is told."""

from typing import Any

from gateway.requests import Action
from station.cli.common import print_json
from station.cli.main import Trouble
from station.places import Places
from station.upkeep.asking import NoReply, submit
from station.words import _


def ask(where: Places, action: Action, arguments: dict[str, Any]) -> dict[str, Any]:
    """The answer. Raises Trouble (exit code 3) if acquisition does not run."""
    try:
        return submit(where, action, arguments)
    except NoReply as error:
        raise Trouble(_("{error}. Next: station status").format(error=error), 3) from None


def tell(answer: dict[str, Any], done: str, as_json: bool) -> int:
    """Print the answer: as it is, `done` if it was obeyed, or why not; the exit code, 1 if acquisition refuses."""
    if as_json:
        print_json(answer)
    else:
        print(done if answer["ok"] else answer["error"])
    return 0 if answer["ok"] else 1
