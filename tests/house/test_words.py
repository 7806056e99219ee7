"""Every message has both languages, and the compiled catalogue is the one of the text."""

import ast
import re
import string

from tests.house.source import complain, modules, of
from tests.house.words import MO, compiled, said, translated


def test_every_message_has_chinese() -> None:
    catalogue = translated()
    offenders = [f"{where}: {text!r}" for where, text in said() if text not in catalogue]
    complain(offenders, "not in the Chinese catalogue; next: make words, then translate:")
    empty = [repr(message.id) for message in catalogue if message.id and not message.string]
    complain(empty, "without Chinese in the .po:")
    complain([repr(message.id) for message in catalogue if message.id and message.fuzzy], "still fuzzy in the .po:")


def test_no_word_that_nobody_says() -> None:
    spoken = {text for _where, text in said()}
    assert spoken, "no message found: is `_` still the name?"
    stale = [repr(message.id) for message in translated() if message.id and message.id not in spoken]
    complain(stale, "in the .po, but said nowhere; next: make words")


def fields(text: str) -> list[str]:
    """The names in braces, and %s and its like in their order."""
    braces = {name for _text, name, _format, _conversion in string.Formatter().parse(text) if name is not None}
    return sorted(braces) + re.findall(r"%[sdrfg]", text)


def test_both_languages_have_the_same_fields() -> None:
    offenders = [
        f"{message.id!r}: {message.string!r}"
        for message in translated()
        if message.string and message.id and fields(str(message.id)) != fields(str(message.string))
    ]
    complain(offenders, "the fields in braces, or %s, differ:")


def test_the_compiled_catalogue_is_fresh() -> None:
    assert MO.exists(), "no compiled catalogue; next: make words"
    assert MO.read_bytes() == compiled(translated()), "the .mo is older than the .po; next: make words"


def test_a_message_is_a_plain_text() -> None:
    offenders = [
        f"{module.where}:{node.lineno}: {ast.unparse(node)}"
        for module in of("station")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("_", "N_")
        and (not node.args or isinstance(node.args[0], ast.JoinedStr | ast.BinOp))
    ]
    complain(offenders, "gettext needs the whole text: fill in the fields after `_()`, with .format():")


def tables(tree: ast.Module) -> dict[str, ast.Dict]:
    """The dict literals that have a name at the top of a module."""
    named = [(node.targets[0], node.value) for node in tree.body if isinstance(node, ast.Assign)]
    named += [(node.target, node.value) for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {t.id: value for t, value in named if isinstance(t, ast.Name) and isinstance(value, ast.Dict)}


def test_texts_in_tables_are_marked() -> None:
    offenders = [
        f"{module.where}:{text.lineno}: {text.value!r}"
        for module in of("station")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_" and node.args
        if isinstance(node.args[0], ast.Subscript) and isinstance(node.args[0].value, ast.Name)
        if (table := tables(module.tree).get(node.args[0].value.id))
        for text in table.values
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
    ]
    complain(offenders, "spoken through _(TABLE[…]), so mark each text in the table with N_():")


def test_only_the_station_speaks() -> None:
    offenders = [
        f"{module.where}:{wanted.line}"
        for module in modules().values()
        if not module.name.startswith("station")
        for wanted in module.imports
        if wanted.top in ("gettext", "babel")
    ]
    complain(offenders, "words for people are station/'s; other folders give reasons:")
