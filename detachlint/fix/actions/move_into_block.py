"""A statement that needs a session, moved into the block that the session lasts for."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import libcst.matchers as m

from detachlint.domain.edits import MoveIntoBlock
from detachlint.domain.findings import Edit
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import CannotFixError, Document
from detachlint.fix.source.project import Project

_NONE_BEFORE = "there is no `with` block before it that it could be moved into"
_MOST_MOVED = 3


def change(action: MoveIntoBlock, project: Project) -> Change:
    """It and what stands between the block and it, indented further."""
    document = project.at(action.use)
    statement = document.statement_of(document.node(action.use.node))
    block = document.parent(statement)
    body = block.body if isinstance(block, (cst.IndentedBlock, cst.Module)) else ()
    place = next((n for n, each in enumerate(body) if each is statement), 0)
    begin = next((n for n in range(place - 1, -1, -1) if isinstance(body[n], cst.With)), None)
    if begin is None or place - begin > _MOST_MOVED:
        raise CannotFixError(_NONE_BEFORE)
    with_block = body[begin]
    assert isinstance(with_block, cst.With)
    if not isinstance(with_block.body, cst.IndentedBlock):
        raise CannotFixError(_NONE_BEFORE)
    moved = body[begin + 1 : place + 1]
    return Change(tuple(edit for each in moved for edit in _indented(document, each)))


def _indented(document: Document, statement: cst.CSTNode) -> Sequence[Edit]:
    """The lines of the statement, and of the comments before it, one level further in."""
    texts = m.findall(statement, m.SimpleString() | m.FormattedString())
    if any(document.newline in document.source(text) for text in texts):
        raise CannotFixError("it holds a string of several lines, which would change")
    begin = document.line_start(document.start(statement))
    while begin and document.text[: begin - 1].rpartition("\n")[2].lstrip().startswith("#"):
        begin = document.line_start(begin - 1)
    edits: list[Edit] = []
    at = begin
    while at < document.end(statement):
        if document.text[at : document.line_end(at)].strip():
            edits.append(document.insert(at, document.step))
        at = document.line_end(at)
    return edits
