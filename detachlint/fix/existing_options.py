"""Loader options as they stand in the text, and how they are continued."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.calls import append, callee
from detachlint.fix.document import Document
from detachlint.fix.load_tree import Load, Spell, leaves, merge, render, render_below

_LOADERS = frozenset(
    {"joinedload", "selectinload", "subqueryload", "immediateload", "contains_eager", "defaultload"}
)
_REFUSERS = frozenset({"lazyload", "raiseload", "noload"})


@dataclass(frozen=True, slots=True)
class Link:
    """One hop of an option: ``selectinload(A.b)``."""

    loader: str
    attribute: str
    call: cst.Call


@dataclass(frozen=True, slots=True)
class Standing:
    """An option: its hops in order, and the ``.options(...)`` or ``.load_only(...)`` at its end."""

    links: tuple[Link, ...]
    nested: cst.Call | None = None
    only: cst.Call | None = None


def read_option(node: cst.BaseExpression) -> Standing | None:
    """The option that an expression is, as far as it is written out."""
    calls: list[cst.Call] = []
    current = node
    while isinstance(current, cst.Call):
        calls.append(current)
        if not isinstance(current.func, cst.Attribute) or not isinstance(current.func.value, cst.Call):
            break
        current = current.func.value
    links: list[Link] = []
    nested: cst.Call | None = None
    only: cst.Call | None = None
    for call in reversed(calls):
        name = callee(call)
        if name in _LOADERS or name in _REFUSERS:
            attribute = _attribute(call)
            if attribute is None:
                return None
            links.append(Link(name, attribute, call))
        elif name == "options":
            nested = call
        elif name == "load_only":
            only = call
        elif name not in ("defer", "undefer", "Load"):
            return None
    return Standing(tuple(links), nested, only) if links or only is not None else None


def _attribute(call: cst.Call) -> str | None:
    if not call.args or call.args[0].star or len([a for a in call.args if a.keyword is None]) != 1:
        return None
    value = call.args[0].value
    while isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):  # A.b.of_type(C)
        value = value.func.value
    return value.attr.value if isinstance(value, cst.Attribute) else None


def fit(
    document: Document,
    options: Sequence[cst.BaseExpression],
    loads: Iterable[Load],
    library: Spell,
    entity: Spell,
) -> tuple[list[Edit], list[str]]:
    """Let the options load all of ``loads``: edits of those that are continued, and further options."""
    edits: list[Edit] = []
    standing = [read_option(option) for option in options]
    continued: dict[int, list[Load]] = {}
    fresh: list[Load] = []
    for leaf in (leaf for load in loads for leaf in leaves(load)):
        if leaf.loader == "undefer":
            only = next((s.only for s in standing if s is not None and s.only and not s.links), None)
            if only is not None:
                edits += append(document, only, [f"{entity(leaf.entity)}.{leaf.attribute}"])
                continue
        best = max(range(len(standing)), key=lambda n: _depth(standing[n], leaf), default=-1)
        if best >= 0 and _depth(standing[best], leaf):
            continued.setdefault(best, []).append(leaf)
        else:
            for option in standing:
                if option is not None:
                    _follow(option, leaf)
            fresh.append(leaf)
    for number, listed in continued.items():
        option = standing[number]
        assert option is not None
        [merged] = merge(listed)
        edits += _continue(document, option, merged, library, entity)
    return edits, [render(load, library, entity) for load in merge(fresh)]


def _depth(standing: Standing | None, leaf: Load) -> int:
    """How many hops the option has, if all of them are on the way."""
    current: Load | None = leaf
    for link in standing.links if standing is not None else ():
        if current is None or link.attribute != current.attribute:
            return 0
        current = next(iter(current.below.values()), None)
    return len(standing.links) if standing is not None else 0


def _follow(standing: Standing, leaf: Load) -> None:
    """An option that goes another way later tells at least how the first hops are loaded."""
    current: Load | None = leaf
    for link in standing.links:
        if current is None or link.attribute != current.attribute or link.loader not in _LOADERS:
            return
        current.loader = link.loader
        current = next(iter(current.below.values()), None)


def _continue(
    document: Document, standing: Standing, load: Load, library: Spell, entity: Spell
) -> list[Edit]:
    """Behind its last hop, or in the ``.options(...)`` there."""
    edits: list[Edit] = []
    current = load
    for number, link in enumerate(standing.links):
        if number:
            current = current.below[link.attribute]
        if link.loader in _REFUSERS:
            text = library(current.loader) if number == 0 else current.loader
            name = link.call.func.attr if isinstance(link.call.func, cst.Attribute) else link.call.func
            edits.append(document.replace(document.start(name), document.end(name), text))
    if standing.nested is not None:
        inner = [arg.value for arg in standing.nested.args if not arg.star]
        more, fresh = fit(document, inner, current.below.values(), library, entity)
        return [*edits, *more, *(append(document, standing.nested, fresh) if fresh else ())]
    below = render_below(current, library, entity)
    if below:
        edits.append(document.insert(document.end(standing.links[-1].call), below))
    return edits
