"""Reads of a model's own attributes, guarded by what is loaded."""

from __future__ import annotations

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.source import names
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.names import Spelling


def inspect(document: Document) -> Spelling:
    """SQLAlchemy's function of that name."""
    return names.library(document, "sqlalchemy", "inspect")


def method_of(document: Document, read: cst.CSTNode) -> tuple[cst.FunctionDef, str]:
    """The method that reads, and what it calls its object.

    Raises:
        CannotFixError: what is read there isn't an attribute of that object itself.
    """
    function = document.function_of(read)
    if function is None or not function.params.params:
        raise CannotFixError("the read stands in no method")
    own = function.params.params[0].name.value
    if not (isinstance(read, cst.Attribute) and isinstance(read.value, cst.Name) and read.value.value == own):
        raise CannotFixError("it reads an attribute of another object")
    return function, own


def leave_early(document: Document, function: cst.FunctionDef, condition: str, value: str) -> Edit:
    """``if condition: return value`` at the beginning of the function."""
    body = function.body
    if not isinstance(body, cst.IndentedBlock):
        raise CannotFixError("the method is written in one line")
    statements = list(body.body)
    if _is_text(statements[0]):
        statements.pop(0)
    if not statements:
        raise CannotFixError("the method has no body")
    start = document.start(statements[0])
    indent = document.indent(start)
    newline = document.newline
    text = f"{indent}if {condition}:{newline}{indent}{document.step}return {value}{newline}"
    return document.insert(document.line_start(start), text)


def _is_text(statement: cst.BaseStatement) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )
