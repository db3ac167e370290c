"""A line in a docstring that tells what has to be loaded."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.edits import NoteNeeds
from detachlint.domain.findings import Edit
from detachlint.fix.actions.loaded_state import method_of
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project

_NOTE = "Needs loaded:"
_QUOTES = '"""', "'''"


def change(action: NoteNeeds, project: Project) -> Change:
    """Add the attribute to the note, the note to the docstring, or a docstring to the method."""
    document = project.at(action.read)
    function, _ = method_of(document, document.node(action.read.node))
    if not isinstance(function.body, cst.IndentedBlock):
        raise CannotFixError("the method is written in one line")
    first = function.body.body[0]
    indent = document.indent(document.start(first))
    if not isinstance(first, cst.SimpleStatementLine) or not isinstance(first.body[0], cst.Expr):
        return Change((_new(document, first, indent, action.attribute),))
    text = first.body[0].value
    if isinstance(text, cst.SimpleString):
        return Change((_extended(document, text, indent, action.attribute),))
    if isinstance(text, cst.ConcatenatedString):
        raise CannotFixError("the docstring is put together from several strings")
    return Change((_new(document, first, indent, action.attribute),))


def _new(document: Document, first: cst.CSTNode, indent: str, attribute: str) -> Edit:
    at = document.line_start(document.start(first))
    text = f'{indent}"""{_NOTE} {attribute}."""{document.newline}{indent}'
    return document.replace(at, at + len(indent), text)  # a replacement: no two of them at one place


def _extended(document: Document, text: cst.SimpleString, indent: str, attribute: str) -> Edit:
    if text.quote not in _QUOTES:
        raise CannotFixError("the docstring has room for one line only")
    start, end = document.start(text), document.end(text) - len(text.quote)
    body = document.text[start:end]
    newline = document.newline
    note = body.rfind(_NOTE)
    if note >= 0:
        stop = start + note + len(body[note:].splitlines()[0].rstrip(". "))
        return document.insert(stop, f", {attribute}")
    written = body.rstrip()
    line = f"{written[-1]}{newline}{newline}{indent}{_NOTE} {attribute}.{newline}{indent}"
    return document.replace(start + len(written) - 1, end, line)
