"""Where loader options go, and how they are put there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.options.joins import Join
from detachlint.fix.source import layout
from detachlint.fix.source.calls import Items, append, callee, chain
from detachlint.fix.source.chains import new_method_text
from detachlint.fix.source.change import Change
from detachlint.fix.source.document import Document

_STATEMENT_METHODS = frozenset(
    {"where", "filter", "filter_by", "join", "outerjoin", "join_from", "outerjoin_from", "select_from",
     "options", "order_by", "group_by", "having", "distinct", "limit", "offset", "execution_options",
     "with_for_update", "params", "populate_existing", "yield_per", "slice", "fetch", "correlate",
     "add_columns", "values", "returning", "enable_eagerloads", "with_hint"}
)  # fmt: skip
_BEFORE_OPTIONS = frozenset(
    {"where", "filter", "filter_by", "join", "outerjoin", "join_from", "outerjoin_from", "select_from"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where options go.

    Args:
        container: what holds them already, item by item; None where nothing does.
        call: without a container: the call that gets a keyword, or the query that gets a method.
        method: a method ``.options(...)`` is added, and not a keyword.
        standing: options of the query wherever they are written in this file: one of them may be continued.
        alias: the variable that stands for the class in the query.
        given: the rows come from a statement that no join can widen.
        joins: what the query joins already.
        opening: what lets options get there, where nothing passes them yet.
    """

    document: Document
    container: Items | None
    call: cst.BaseExpression | None = None
    method: bool = False
    parameter: str = "options"
    starred: bool = False
    standing: tuple[cst.BaseExpression, ...] = ()
    alias: str = ""
    given: bool = False
    joins: tuple[Join, ...] = ()
    opening: Change | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        node = self.container if self.container is not None else self.call
        assert node is not None
        return (self.document.path, self.document.start(node), self.document.end(node))

    def add(self, texts: Sequence[str]) -> tuple[Edit, ...]:
        """Edits that put further options there."""
        if self.container is not None:
            return append(self.document, self.container, texts)
        assert self.call is not None
        if self.method:
            return new_method(self.document, self.call, texts)
        assert isinstance(self.call, cst.Call)
        if not self.starred:
            texts = [f"{self.parameter}=[{', '.join(texts)}]"]
        edits = append(self.document, self.call, texts, positional=self.starred)
        return layout.fit(self.document, self.call, edits)


def statement_methods(document: Document, root: cst.BaseExpression) -> Iterator[cst.Call]:
    """The methods of a statement that are called on ``root`` in one expression."""
    for call in chain(document, root):
        if callee(call) not in _STATEMENT_METHODS:
            return
        yield call


def new_method(document: Document, root: cst.BaseExpression, texts: Sequence[str]) -> tuple[Edit, ...]:
    """``.options(...)`` behind what filters and joins."""
    last = root
    for call in statement_methods(document, root):
        if callee(call) not in _BEFORE_OPTIONS:
            break
        last = call
    at = document.end(last)
    text = f".options({', '.join(texts)})"
    separator = _separator(document, root, last)
    if not separator:
        return layout.fit(document, root, (document.insert(at, text),))
    if len(separator.strip("\r\n")) + len(text) > document.width:
        text = new_method_text(document, text, separator)
    return (document.insert(at, separator + text),)


def _separator(document: Document, root: cst.BaseExpression, last: cst.BaseExpression) -> str:
    """The newline and the blanks before a method behind ``last``, where methods have lines of their own."""
    methods = list(statement_methods(document, root))
    place = next((n for n, call in enumerate(methods) if call is last), -1)
    for each in methods[max(place, 0) : place + 2]:
        found = line_break(document, each)
        if found:
            return found
    return ""


def line_break(document: Document, method: cst.Call) -> str:
    """What stands before the dot of a method that has a line of its own; "" for one that has not."""
    member = method.func
    assert isinstance(member, cst.Attribute)
    gap = document.text[document.end(member.value) : document.start(member.attr)].rpartition(".")[0]
    cut = max(gap.rfind("\n"), gap.rfind("\r"))
    return document.newline + gap[cut + 1 :] if cut >= 0 else ""
