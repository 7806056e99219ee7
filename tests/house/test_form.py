"""How a file looks: short, documented, no catch-alls (DESIGN, "Aims for the code")."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import ROOT, Module, complain, modules

FILE, FUNCTION, CLASS = 400, 60, 250
"""Lines, docstring and all."""

BROAD = 5
"""So many `except Exception` in the whole house, each at a worker's edge, each with its reason."""

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def everything() -> Iterator[tuple[Module, ast.AST]]:
    return ((module, node) for module in modules().values() for node in ast.walk(module.tree))


def test_no_long_file() -> None:
    files = [module.path for module in modules().values()] + sorted((ROOT / "tests").rglob("*.py"))
    lengths = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in files}
    complain([f"{path}: {lines} lines" for path, lines in lengths.items() if lines > FILE], f"no file over {FILE} lines:")


def test_no_long_function_or_class() -> None:
    limits = {ast.FunctionDef: FUNCTION, ast.AsyncFunctionDef: FUNCTION, ast.ClassDef: CLASS}
    offenders = [
        f"{module.where}:{node.lineno}: {node.name}, {length} lines"
        for module, node in everything()
        if isinstance(node, Documented) and (length := node.end_lineno - node.lineno + 1) > limits[type(node)]
    ]
    complain(offenders, f"no function over {FUNCTION} lines, no class over {CLASS}:")


def names_of(handler: ast.ExceptHandler | ast.Call) -> set[str]:
    """The last words of the exceptions that are caught or suppressed."""
    kinds = handler.args if isinstance(handler, ast.Call) else [handler.type]
    return {ast.unparse(part).rpartition(".")[2] for kind in kinds if kind for part in getattr(kind, "elts", [kind])}


def suppresses(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "suppress"


def test_no_bare_except() -> None:
    offenders = [
        f"{module.where}:{node.lineno}"
        for module, node in everything()
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    complain(offenders, "name what you catch; these catch everything:")


def test_broad_except_is_rare_and_says_why() -> None:
    broad = [
        (module, node)
        for module, node in everything()
        if (isinstance(node, ast.ExceptHandler) or suppresses(node)) and names_of(node) & {"Exception", "BaseException"}
    ]
    places = [f"{module.where}:{node.lineno}" for module, node in broad]
    complain(places[BROAD:] and places, f"at most {BROAD} broad handlers in the whole house, here are {len(places)}:")
    silent = [place for place, (module, node) in zip(places, broad, strict=True) if not reason(module, node)]
    complain(silent, "a broad handler needs a comment with its reason:")


def reason(module: Module, node: ast.ExceptHandler | ast.Call) -> str:
    """The comment at the handler, from the line before it to its first statement, without the linter's words."""
    last = node.body[0].lineno if isinstance(node, ast.ExceptHandler) else node.lineno
    near = " ".join(module.comments.get(line, "") for line in range(node.lineno - 1, last + 1))
    return re.sub(r"#|noqa(: *[A-Z0-9, ]+)?|type: *ignore(\[.*?\])?|[-–—:\s]+$", "", near).strip()


def test_no_global() -> None:
    offenders = [f"{module.where}:{node.lineno}" for module, node in everything() if isinstance(node, ast.Global)]
    complain(offenders, "no `global`:")


def test_everything_public_is_documented() -> None:
    offenders = []
    for module in modules().values():
        said = ast.get_docstring(module.tree) or ""
        if not said or said.startswith("TODO"):
            offenders.append(f"{module.where}: the module")
        offenders += [f"{module.where}:{node.lineno}: {node.name}" for node in undocumented(module.tree)]
    complain(offenders, "a docstring says what it is for; missing at:")


def undocumented(parent: ast.Module | ast.ClassDef) -> Iterator[Documented]:
    """Public classes, functions and methods without a docstring; what overrides or overloads is told elsewhere."""
    for node in parent.body:
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
        if not ast.get_docstring(node) and not marks & {"override", "overload", "setter", "deleter"}:
            yield node
        if isinstance(node, ast.ClassDef):
            yield from undocumented(node)
