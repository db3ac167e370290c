"""Loader options as they stand in the text, and how they are continued."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.options.load_tree import Load, Spell, end_of, hops, leaves, merge, render, render_below
from detachlint.fix.source.calls import append, callee
from detachlint.fix.source.document import CannotFixError, Document

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
    """An option: its hops, what is said of columns and subclasses, and ``.options(...)`` at its end."""

    links: tuple[Link, ...]
    nested: cst.Call | None = None
    only: cst.Call | None = None
    defers: tuple[cst.Call, ...] = ()
    subclasses: cst.Call | None = None
    whole: cst.Call | None = None


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
    defers: list[cst.Call] = []
    subclasses: cst.Call | None = None
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
        elif name == "defer":
            defers.append(call)
        elif name == "selectin_polymorphic":
            subclasses = call
        elif name not in ("undefer", "Load"):
            return None
    found = bool(links or defers) or only is not None or subclasses is not None
    return Standing(tuple(links), nested, only, tuple(defers), subclasses, calls[0]) if found else None


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
        end = end_of(leaf)
        if end.loader == "undefer" and not end.by_mapping:
            edits += _keep_column(document, standing, leaf, entity)
            continue
        named = _subclasses_named(standing, leaf) if end.classes else None
        if named is not None:
            edits += append(document, named, [entity(each) for each in end.classes])
            continue
        depths = [(_depth(s, leaf), s is not None and s.whole is _last_call(s)) for s in standing]
        best = max(range(len(standing)), key=lambda n: depths[n], default=-1)
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


def _keep_column(
    document: Document, standing: Sequence[Standing | None], leaf: Load, entity: Spell
) -> tuple[Edit, ...]:
    """The option that leaves a column out names it, or no longer does."""
    column = end_of(leaf)
    for option in standing:
        if option is None or [link.attribute for link in option.links] != hops(leaf):
            continue
        if option.only is not None:
            return append(document, option.only, [f"{entity(column.entity)}.{column.attribute}"])
        for call in option.defers:
            if _attribute(call) == column.attribute and isinstance(call.func, cst.Attribute) and option.links:
                return (document.replace(document.end(call.func.value), document.end(call), ""),)
    raise CannotFixError(f"the option that leaves out `{column.attribute}` can't be edited")


def _subclasses_named(standing: Sequence[Standing | None], leaf: Load) -> cst.List | cst.Tuple | None:
    """Where an option for the same objects lists subclasses: two such options are an error."""
    for option in standing:
        if option is not None and option.subclasses is not None:
            listed = option.subclasses.args[-1].value if option.subclasses.args else None
            if [link.attribute for link in option.links] != hops(leaf):
                continue
            if isinstance(listed, (cst.List, cst.Tuple)):
                return listed
            raise CannotFixError("the option that loads subclasses can't be edited")
    return None


def _last_call(standing: Standing) -> cst.Call | None:
    return standing.links[-1].call if standing.links else None


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
        if link.loader != "defaultload":
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
        # What is only on the way is loaded already; what is missing has an option that does not load it.
        at_end = number == len(standing.links) - 1 and not current.below
        useless = link.loader in _REFUSERS or link.loader == "defaultload"
        if link.loader == "noload" and current.loader != "defaultload":
            raise CannotFixError(f"an option says that `{link.attribute}` is not to be loaded")
        if (useless and current.loader != "defaultload") or (at_end and link.loader == "contains_eager"):
            text = library(current.loader) if number == 0 else current.loader
            name = link.call.func.attr if isinstance(link.call.func, cst.Attribute) else link.call.func
            edits.append(document.replace(document.start(name), document.end(name), text))
            argument, *others = link.call.args
            if others:  # raiseload's sql_only
                edits.append(document.replace(document.end(argument), document.end(others[-1]), ""))
    if standing.nested is not None:
        inner = [arg.value for arg in standing.nested.args if not arg.star]
        more, fresh = fit(document, inner, current.below.values(), library, entity)
        return [*edits, *more, *(append(document, standing.nested, fresh) if fresh else ())]
    below = render_below(current, library, entity)
    if below:
        last = standing.links[-1].call
        if standing.whole is not None and standing.whole is not last:  # columns come behind the last hop
            last = standing.whole
            if not below.startswith(".options("):
                below = f".options({render(next(iter(current.below.values())), library, entity)})"
        edits.append(document.insert(document.end(last), below))
    return edits
