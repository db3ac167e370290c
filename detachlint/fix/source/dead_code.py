"""Taking statements away, with all their comments left where they were."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from detachlint.domain.findings import Edit
from detachlint.fix.source.document import Document


def remove(document: Document, line: cst.SimpleStatementLine) -> Edit:
    """Take a statement that has its lines for itself away."""
    start, end = document.line_start(document.start(line)), document.line_end(document.end(line))
    return document.replace(start, end, comments(document, line))


def comments(document: Document, node: cst.CSTNode) -> str:
    """The comments within and behind a node, as lines of their own, indented like its statement."""
    statement = document.statement_of(node)
    indent = document.indent(document.start(statement))
    found = [c for c in m.findall(node, m.Comment()) if isinstance(c, cst.Comment)]
    leading = node.leading_lines if isinstance(node, cst.SimpleStatementLine) else ()
    above = {line.comment for line in leading if line.comment is not None}
    return "".join(f"{indent}{c.value}{document.newline}" for c in found if c not in above)
