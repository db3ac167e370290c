"""Imports that edits need, once each, where and how the file writes its own."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.source.document import Document
from detachlint.fix.source.names import NeededImport
from detachlint.fix.source.project import Project
from detachlint.parse.lower import dotted


def add(needed: Iterable[NeededImport], project: Project) -> list[Edit]:
    """The edits that make every needed name available."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for each in sorted(set(needed)):
        wanted.setdefault((each.path, each.module), []).append(each.name)
    edits: list[Edit] = []
    for (path, module), names in wanted.items():
        document = project.document(path)
        statement = _statement(document, module)
        edits += (
            _extend(document, statement, names)
            if statement is not None
            else [_new_line(project, document, module, names)]
        )
    return edits


def _top_level(document: Document) -> list[tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]]:
    return [
        (line, line.body[0])
        for line in document.module.body
        if isinstance(line, cst.SimpleStatementLine)
        and len(line.body) == 1
        and isinstance(line.body[0], (cst.Import, cst.ImportFrom))
    ]


def _statement(document: Document, module: str) -> cst.ImportFrom | None:
    for _, statement in _top_level(document):
        if (
            isinstance(statement, cst.ImportFrom)
            and not statement.relative
            and statement.module is not None
            and dotted(statement.module) == module
            and not isinstance(statement.names, cst.ImportStar)
        ):
            return statement
    return None


def _extend(document: Document, statement: cst.ImportFrom, names: list[str]) -> list[Edit]:
    """Names added to a statement, in order where its names are in order."""
    assert not isinstance(statement.names, cst.ImportStar)
    aliases = list(statement.names)
    first, last = document.start(aliases[0]), document.end(aliases[-1])
    lines = {document.line_of(document.start(alias)) for alias in aliases}
    if statement.lpar is not None and (len(lines) == len(aliases) > 1 or _opens_line(document, aliases[0])):
        return _extend_lines(document, aliases, names)
    listed = [document.source(alias) for alias in aliases]
    if len(lines) > 1:
        return [document.insert(last, "".join(f", {name}" for name in names))]
    whole = ", ".join(_merged(listed, names))
    begin = document.line_start(document.start(statement))
    if statement.lpar is None and first - begin + len(whole) > document.width:
        newline = document.newline
        body = "".join(f"{document.step}{name},{newline}" for name in _merged(listed, names))
        return [document.replace(first, last, f"({newline}{body})")]
    edits = []
    for position, name in _positions(listed, names):
        if position < len(aliases):
            edits.append(document.insert(document.start(aliases[position]), f"{name}, "))
        else:
            edits.append(document.insert(last, f", {name}"))
    return edits


def _opens_line(document: Document, alias: cst.ImportAlias) -> bool:
    start = document.start(alias)
    return not document.text[document.line_start(start) : start].strip()


def _extend_lines(document: Document, aliases: list[cst.ImportAlias], names: list[str]) -> list[Edit]:
    """One name a line."""
    edits = []
    indent = document.indent(document.start(aliases[0]))
    for position, name in _positions([document.source(alias) for alias in aliases], names):
        if position < len(aliases):
            at = document.line_start(document.start(aliases[position]))
            edits.append(document.insert(at, f"{indent}{name},{document.newline}"))
        else:
            at = document.end(aliases[-1])
            edits.append(document.insert(at, f",{document.newline}{indent}{name}"))
    return edits


def _positions(listed: list[str], names: list[str]) -> list[tuple[int, str]]:
    """Before which of the listed ones each name goes."""
    keys = [_key(name) for name in listed]
    ordered = keys == sorted(keys)
    out = []
    for name in sorted(names, key=_key):
        place = next((n for n, key in enumerate(keys) if key > _key(name)), len(keys))
        out.append((place if ordered else len(keys), name))
    return out


def _merged(listed: list[str], names: list[str]) -> list[str]:
    keys = [_key(name) for name in listed]
    return sorted([*listed, *names], key=_key) if keys == sorted(keys) else [*listed, *names]


def _key(name: str) -> tuple[int, str, str]:
    """As isort sorts: constants, classes, functions, each without looking at the case of letters."""
    word = name.split(" ")[0]
    kind = 0 if word.isupper() and len(word) > 1 else 1 if word[:1].isupper() else 2
    return kind, word.lower(), word


def _locals(project: Project) -> set[str]:
    """The packages of the program; "" for relative imports."""
    return {"", *(module.name.partition(".")[0] for module in project.program.modules.values())}


def _root(statement: cst.Import | cst.ImportFrom) -> str:
    return _module(statement).partition(".")[0]


def _new_line(project: Project, document: Document, module: str, names: list[str]) -> Edit:
    """A statement of its own, among those of the same library or else in the same section."""
    text = f"from {module} import {', '.join(sorted(names, key=_key))}{document.newline}"
    imports = _leading(document)
    local = _locals(project)
    root = module.partition(".")[0]
    section = _section(root, local)
    same = [(line, s) for line, s in imports if _section(_root(s), local) == section]
    related = [(line, s) for line, s in same if _root(s) == root] or same
    for line, statement in related:
        if isinstance(statement, cst.ImportFrom) and _module(statement) > module:
            return document.insert(document.line_start(document.start(line)), text)
    if related:
        return _behind(document, related[-1][0], text)
    later = next((line for line, s in imports if _section(_root(s), local) > section), None)
    if later is not None:  # a section of its own, in front of the one that follows
        return document.insert(document.line_start(document.start(later)), text + document.newline)
    if imports:
        return _behind(document, imports[-1][0], document.newline + text)
    body = document.module.body
    if body and _is_docstring(body[0]):
        return _behind(document, body[0], document.newline + text)
    return document.insert(document.start(body[0]) if body else 0, text + document.newline * 2)


def _leading(document: Document) -> list[tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]]:
    """The imports at the top of the file, or, where there are none, all others."""
    imports = _top_level(document)
    code = next(
        (
            document.start(statement)
            for statement in document.module.body
            if isinstance(statement, (cst.ClassDef, cst.FunctionDef))
        ),
        None,
    )
    return [(line, s) for line, s in imports if code is None or document.start(line) < code] or imports


def _section(root: str, local: set[str]) -> int:
    """The groups in which imports stand: the future, Python's own modules, libraries, the program."""
    if root == "__future__":
        return 0
    if root in local:
        return 3
    return 1 if root in sys.stdlib_module_names else 2


def _behind(document: Document, line: cst.CSTNode, text: str) -> Edit:
    at = document.line_end(document.end(line))
    if at and document.text[at - 1] not in "\r\n":
        text = document.newline + text.rstrip("\r\n")
    return document.insert(at, text)


def _module(statement: cst.Import | cst.ImportFrom) -> str:
    if isinstance(statement, cst.Import):
        return dotted(statement.names[0].name)
    return "." * len(statement.relative) + (dotted(statement.module) if statement.module else "")


def _is_docstring(line: cst.CSTNode) -> bool:
    return (
        isinstance(line, cst.SimpleStatementLine)
        and isinstance(line.body[0], cst.Expr)
        and isinstance(line.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )
