"""``load``: relationships, loader options, and lists of them, of which an inner one is a chain.

Source: ``get_abstract_loader_options`` in advanced_alchemy/repository/_util.py.
"""

from __future__ import annotations

from detachlint.domain.models import Relationship
from detachlint.domain.source import Site
from detachlint.interpret.calls.invoke import call, call_member
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import NONE, Const, Library, MappedAttribute, Option, Ref, Tuple, Value
from detachlint.resolve.symbols import External


def options(
    frame: Frame, default: Value | None, given: Value | None, site: Site, *, merge: bool = True
) -> list[Value]:
    """The loader options of a query: the repository's own, and those of the call, which replace them unless
    they are a list.

    Args:
        merge: whether a list is added to them (``merge_loader_options``).
    """
    if given is None or given == NONE:
        return _of(frame, default, site)
    own = _of(frame, default, site) if merge and isinstance(given, (Ref, Tuple)) else []
    return [*own, *_of(frame, given, site)]


def _of(frame: Frame, load: Value | None, site: Site) -> list[Value]:
    match load:
        case Option():
            return [load]
        case MappedAttribute():
            return [_loader(frame, load, site)]
        case Const("*"):
            return [call(frame, Library(External("sqlalchemy.orm.joinedload")), Arguments((load,)), site)]
        case Ref() | Tuple():
            elements = elements_of(frame, load, site)
            found: list[Value] = []
            for each in (*elements.items, *([elements.rest] if elements.rest is not None else [])):
                chain = _of(frame, each, site)
                found.extend(_joined(frame, chain, site) if isinstance(each, (Ref, Tuple)) else chain)
            return found
        case None | Const():
            return []
        case _:
            return [load]  # the query's options are not known


def _joined(frame: Frame, chain: list[Value], site: Site) -> list[Value]:
    """``[User.orders, Order.lines]``: the one below the other."""
    last: Value | None = None
    for each in reversed(chain):
        last = each if last is None else call_member(frame, each, "options", Arguments((last,)), site)
    return [] if last is None else [last]


def _loader(frame: Frame, attribute: MappedAttribute, site: Site) -> Value:
    entity = frame.machine.graph.entities.get(attribute.entity)
    mapped = entity.attributes.get(attribute.name) if entity is not None else None
    is_many = isinstance(mapped, Relationship) and mapped.uselist
    name = "sqlalchemy.orm.selectinload" if is_many else "sqlalchemy.orm.joinedload"
    return call(frame, Library(External(name)), Arguments((attribute,)), site)
