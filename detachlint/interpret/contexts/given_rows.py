"""Rows that a call is given by their keys: ``close_order(order.id)`` asks the session for the order, which
has it from its caller. What the call does to the row, it does to the caller's object.

A call is first run without such objects, which tells for which keys it asks (``Summary.sought``); with the
objects of these keys it is another context. So what no callee asks for tells no contexts apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject, Life
from detachlint.interpret.likeness.canonical import FIRST_OWN_SYMBOL, Context
from detachlint.interpret.values import Unknown, Value

Sought = frozenset[tuple[str, int]]


def seek(frame: Frame, entity: str, key: Value | None) -> None:
    """The running function asks for a row of which it sees no object."""
    if frame.inputs is not None and isinstance(key, Unknown) and 0 < key.symbol < FIRST_OWN_SYMBOL:
        frame.machine.sought.add((entity, key.symbol))


def sought_above(context: Context, sought: Sought) -> Sought:
    """What a call has sought, in terms of its caller, who may have been given the key as well."""
    asked = ((entity, context.symbols[number - 1]) for entity, number in sought)
    return frozenset((entity, symbol) for entity, symbol in asked if symbol < FIRST_OWN_SYMBOL)


def rows_given(frame: Frame, context: Context, sought: Sought) -> frozenset[int]:
    """The caller's objects whose keys a call has been given and asks for."""
    wanted = [(entity, context.symbols[number - 1]) for entity, number in sought]
    return frozenset(
        address
        for address, obj in frame.entities()
        if _is_one_row(obj) and _is_among(frame, obj, wanted, context)
    )


def _is_one_row(obj: EntityObject) -> bool:
    """Rows that a query has brought. One that the program has made is left to doubt: what it lacks is to be
    loaded by the query that finds it again, which its own history does not name.
    """
    return (
        not obj.many
        and obj.base is Base.QUERIED
        and obj.session is not None
        and obj.life in (Life.PERSISTENT, Life.DELETED)
    )


def _is_among(frame: Frame, obj: EntityObject, wanted: Iterable[tuple[str, int]], context: Context) -> bool:
    graph = frame.machine.graph
    for entity, symbol in wanted:
        constant = context.constants.get(symbol)
        if constant is not None:
            is_key = obj.identity == constant
        else:
            is_key = isinstance(obj.identity, Unknown) and obj.identity.symbol == symbol
        if is_key and (graph.is_a(obj.entity, entity) or graph.is_a(entity, obj.entity)):
            return True
    return False
