"""What a caller knows of the reads that a call has found: which objects the session holds besides."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from msgspec.structs import replace

from detachlint.domain.facts import Fact, Failure, Read
from detachlint.domain.models import Relationship
from detachlint.frameworks.sqlalchemy.identity.identity_map import several_live
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import History, Inherited

Facts = Mapping[Fact, History]


def seen_above(frame: Frame, facts: Facts, addresses: list[int]) -> Facts:
    """The facts of a call, as its caller sees them: a many-to-one that the call queries for each of many
    objects may be answered by objects of which only the caller knows.

    Args:
        addresses: of the objects that the call was given.
    """
    held = [
        fact
        for fact, history in facts.items()
        if isinstance(fact, Read) and _is_held(frame, fact, history, addresses)
    ]
    if not held:
        return facts
    perhaps = dict(facts)
    for fact in held:
        perhaps.setdefault(dataclasses.replace(fact, certain=False, origin=None), perhaps.pop(fact))
    return perhaps


def _is_held(frame: Frame, read: Read, history: History, addresses: list[int]) -> bool:
    if read.failure is not Failure.LAZY_QUERY or not (read.many and read.certain):
        return False
    if read.is_column or read.is_collection:
        return False
    given = next((item.address for item in history if isinstance(item, Inherited)), -1)
    address = addresses[given] if 0 <= given < len(addresses) else given
    obj = frame.entity(address)
    entity = frame.machine.graph.entities.get(read.entity)
    attribute = entity.attributes.get(read.attribute) if entity is not None else None
    if obj is None or not isinstance(attribute, Relationship) or not attribute.get_from:
        return False
    return several_live(frame, attribute, replace(obj, many=True), {address})
