"""`make words`: collects the messages into the Chinese catalogue and compiles it.

Words that are no longer said go; new ones come with an empty translation, which this lists and a test refuses.
"""

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tests.house.source import ROOT, of

FOLDER = ROOT / "station/locale/zh_CN/LC_MESSAGES"
PO, MO = FOLDER / "shanshui.po", FOLDER / "shanshui.mo"
BEGAN = datetime(2026, 11, 23, tzinfo=UTC)  # a date that does not change: making it twice gives the same file


def said() -> Iterator[tuple[str, str]]:
    """Where (file:line) and what: every text in `_()` or `N_()` in station/, and every setting's `metadata` help."""
    for module in of("station", "drivers", "gateway", "calibration"):
        for node in ast.walk(module.tree):
            for text in texts(node):
                yield f"{module.where}:{node.lineno}", text


def texts(node: ast.AST) -> Iterator[str]:
    """The messages that this node itself says."""
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and node.func.id in ("_", "N_") and node.args:
        yield from literal(node.args[0])
    for word in node.keywords:
        if word.arg == "metadata" and isinstance(word.value, ast.Dict):
            for key, value in zip(word.value.keys, word.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "help":
                    yield from literal(value)


def literal(node: ast.AST) -> Iterator[str]:
    """The text, if it is a plain one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def translated() -> Catalog:
    """The Chinese catalogue; empty if there is none."""
    if not PO.exists():
        return Catalog("zh_CN", project="Shanshui Station", version="0", creation_date=BEGAN, revision_date=BEGAN)
    with PO.open("rb") as file:
        return read_po(file, "zh_CN")


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> int:
    """Bring both files up to date; 1 if a translation is missing."""
    old, new = translated(), translated()
    for message in list(new):
        if message.id:
            new.delete(message.id)
    new.obsolete.clear()
    for _where, text in said():
        known = old.get(text)
        new.add(text, known.string if known else "", flags=known.flags if known else ())
    FOLDER.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, new, width=118, no_location=True, sort_output=True, ignore_obsolete=True)
    fresh = translated()
    MO.write_bytes(compiled(fresh))
    missing = [str(message.id) for message in fresh if message.id and not message.string]
    print(f"{len(fresh)} messages, {len(missing)} without Chinese")
    for text in missing:
        print(f"  {text!r}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
