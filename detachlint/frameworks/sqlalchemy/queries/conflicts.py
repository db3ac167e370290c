"""Loader options of one query that contradict each other: InvalidRequestError when it is executed.

Two options may name one relationship only if they load it alike; ``defaultload`` and wildcards say nothing of
it. A column can't be deferred by one and undeferred by another. Source: ``_LoadElement._reconcile`` of
orm/strategy_options.py. SQLAlchemy 1 takes the last option: attributes that are named in strings are its,
whatever else tells the version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries.options import RELATIONSHIP_OPTIONS
from detachlint.frameworks.sqlalchemy.version import is_first
from detachlint.interpret.frame import Frame
from detachlint.interpret.values import Directive, Hop

_RELATIONSHIPS = {strategy: name for name, strategy in RELATIONSHIP_OPTIONS.items() if strategy != "path"}
_RELATIONSHIPS |= {"raise_on_sql": "raiseload(sql_only=True)"}
_COLUMNS = {"load_only": "undefer", "undefer": "undefer", "defer": "defer", "defer_raise": "defer"}


def check(frame: Frame, directives: Sequence[Directive], site: Site, origin: Site | None = None) -> None:
    """Look at the options of a query that is executed at ``site``."""
    if (
        len(directives) < 2
        or is_first(frame.machine)
        or any(each.old or _is_named_in_strings(each) for each in directives)
    ):
        return
    said: dict[tuple[Hop, ...], str] = {}
    for path, how in _said(frame.machine.graph, directives):
        known = said.setdefault(path, how)
        if known != how:
            detail = f"`{known}` and `{how}`"
            last = path[-1]
            frame.emit(
                StrategyMisuse(site, "conflicting-options", last.entity, last.name, detail, origin=origin)
            )
            return


def _is_named_in_strings(directive: Directive) -> bool:
    """Whether an option for columns has strings for them, which only SQLAlchemy 1 takes."""
    plain = any(name != "*" for name in directive.names)
    return directive.strategy in _COLUMNS and plain and not directive.path[-1].entity


def _said(graph: ModelGraph, directives: Sequence[Directive]) -> Iterator[tuple[tuple[Hop, ...], str]]:
    """How a relationship or column is to be loaded, where an option says that of it alone."""
    for directive in directives:
        path = directive.path
        if directive.strategy in _RELATIONSHIPS:
            paths = [path]
        elif directive.strategy in _COLUMNS:
            paths = [(*path[:-1], Hop(path[-1].entity, name, path[-1].alias)) for name in directive.names]
        else:
            continue
        how = _RELATIONSHIPS.get(directive.strategy) or _COLUMNS[directive.strategy]
        for each in paths:
            if not any(hop.name == "*" for hop in each):
                yield tuple(_inherited(graph, hop) for hop in each), how


def _inherited(graph: ModelGraph, hop: Hop) -> Hop:
    """The hop as one of the class that the attribute is inherited from, whatever subclasses it is for."""
    lineage = [each for each in graph.lineage(hop.entity) if hop.name in graph.entities[each].attributes]
    return Hop(lineage[-1] if lineage else hop.entity, hop.name, hop.alias)
