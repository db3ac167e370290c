"""A call of one of the project's safe queries in place of a query that is written by hand."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import UseHelper
from detachlint.domain.findings import Edit
from detachlint.fix.actions.manual_query import QueryParts, read_query
from detachlint.fix.source import dead_code, names
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project
from detachlint.resolve.symbols import FunctionInfo


def change(action: UseHelper, project: Project) -> Change:
    """The call where the rows are taken; what made the query before goes."""
    document = project.at(action.query)
    helper = project.program.functions.get(action.helper)
    if helper is None:
        raise CannotFixError(f"`{action.helper}` is not known")
    parts = read_query(project, action)
    spelling = names.function(project, document, action.helper)
    _check_awaits(document, helper, parts)
    arguments = _arguments(document, helper, action, parts)
    edits = [_call(document, parts.rows, helper, spelling.text, arguments)]
    comments = dead_code.comments(document, parts.rows)
    if comments:
        statement = document.statement_of(parts.rows)
        edits.append(document.insert(document.line_start(document.start(statement)), comments))
    edits += [dead_code.remove(document, line) for line in parts.dead]
    return Change(tuple(edits), spelling.imports)


def _check_awaits(document: Document, helper: FunctionInfo, parts: QueryParts) -> None:
    awaits = bool(m.findall(parts.rows, m.Await())) or any(m.findall(line, m.Await()) for line in parts.dead)
    if awaits != helper.node.is_async:
        kind = "asynchronous" if helper.node.is_async else "synchronous"
        raise CannotFixError(f"`{helper.name}` is {kind}, and the query is not")


def _arguments(document: Document, helper: FunctionInfo, action: UseHelper, parts: QueryParts) -> list[str]:
    """In the order of the helper's parameters; by keyword from where one is left out."""
    given = {action.session: parts.session}
    for parameter, attribute in action.parameters:
        if attribute not in parts.values:
            raise CannotFixError(f"what the query compares `{attribute}` with is not plain")
        given[parameter] = parts.values[attribute]
    asked = {attribute for _, attribute in action.parameters}
    for attribute, value in parts.values.items():
        if attribute not in asked and not _is_literal(value):
            raise CannotFixError(f"`{helper.name}` has a fixed `{attribute}`, and the query has not")
    texts: list[str] = []
    by_name = False
    for param in helper.node.params:
        by_name = by_name or param.kind in ("*", "keyword") or param.name not in given
        if param.name in given:
            text = _argument(document, given[param.name])
            texts.append(f"{param.name}={text}" if by_name and param.kind != "positional" else text)
    return texts


def _argument(document: Document, value: cst.BaseExpression) -> str:
    text = document.source(value)
    if isinstance(value, (cst.Tuple, cst.GeneratorExp, cst.NamedExpr, cst.Yield)) or "\n" in text:
        return f"({text})"
    return text


def _is_literal(value: cst.BaseExpression) -> bool:
    return isinstance(value, (cst.SimpleString, cst.Integer, cst.Float)) or (
        isinstance(value, cst.Name) and value.value in ("True", "False", "None")
    )


def _call(
    document: Document, rows: cst.BaseExpression, helper: FunctionInfo, name: str, arguments: list[str]
) -> Edit:
    start, end = document.start(rows), document.end(rows)
    before, after = "await " if helper.node.is_async else "", ""
    if before and _binds_tighter(document, rows):
        before, after = f"({before}", ")"
    text = f"{before}{name}({', '.join(arguments)}){after}"
    line_start = document.line_start(start)
    rest = document.text[end : document.line_end(end)].rstrip()
    if len(document.text[line_start:start]) + len(text) + len(rest) > document.width:
        indent = document.indent(start)
        inner = f"{document.newline}{indent}{document.step}{', '.join(arguments)}{document.newline}{indent}"
        text = f"{before}{name}({inner}){after}"
    return document.replace(start, end, text)


def _binds_tighter(document: Document, rows: cst.BaseExpression) -> bool:
    """Whether what stands around would take the call before ``await`` does."""
    if getattr(rows, "lpar", ()):
        return False
    parent = document.parent(rows)
    return (isinstance(parent, (cst.Attribute, cst.Subscript)) and parent.value is rows) or (
        isinstance(parent, cst.Call) and parent.func is rows
    )
