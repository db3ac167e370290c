"""What calls are told of the objects of a session that they do not see, and what they tell of those that they
have met.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from detachlint.domain.models import Column, Relationship
from detachlint.frameworks.sqlalchemy.identity.identity_map import brought_along, keys_of, places
from detachlint.frameworks.sqlalchemy.identity.twins import placed
from detachlint.frameworks.sqlalchemy.identity.unseen import FORBIDDEN, LACKING, relationships_and_deferred
from detachlint.frameworks.sqlalchemy.instances.attributes import raises, state_of
from detachlint.frameworks.sqlalchemy.queries.filling import fill
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import (
    Base,
    EntityObject,
    Life,
    Loaded,
    Perhaps,
    Plan,
    SessionObject,
    Unloaded,
)
from detachlint.interpret.likeness.shapes import MAX_CACHED
from detachlint.interpret.values import Ref


@dataclass(slots=True)
class _Noted:
    """What is noted of objects, and of what plans load along, as far as it has been asked for in a run."""

    of_object: dict[int, tuple[EntityObject, frozenset[str]]] = field(default_factory=dict)
    along: dict[tuple[Plan, str], frozenset[str]] = field(default_factory=dict)


def note_loaded(frame: Frame) -> dict[int, SessionObject]:
    """The sessions of this path, with what their objects are and have loaded, for calls that do not see
    them.
    """
    found: dict[int, set[str]] = {}
    for _, obj in frame.entities():
        if obj.session is None or obj.life is not Life.PERSISTENT or obj.expired is not None:
            continue
        session = frame.session(obj.session)
        if session is None or not (session.is_async or not frame.machine.is_large or keys_of(obj.identity)):
            continue  # where lazy loading works it hardly matters what is there already
        found.setdefault(obj.session, set()).update(_noted_of(frame, obj))
    told: dict[int, SessionObject] = {}
    for address, names in found.items():
        session = frame.session(address)
        if session is not None and not names <= session.classes:
            told[address] = replace(session, classes=session.classes | names)
    return told


def _noted_of(frame: Frame, obj: EntityObject) -> frozenset[str]:
    """All that is noted of an object; which cannot change, so that it is worked out once."""
    cache = frame.machine.note(_Noted)
    known = cache.of_object.get(id(obj))
    if known is None:
        names: set[str] = set()
        keys = [f"{obj.entity}#{k}" for k in sorted(keys_of(obj.identity), key=repr)] or [obj.entity]
        if not obj.plan.to_one:
            names.update(keys)
        if obj.base is Base.QUERIED:
            names |= brought_along(frame, obj)
            names |= _noted_along(frame, obj)
        names.update(key + noted for key in keys for noted in _noted(frame, obj))
        if len(cache.of_object) > MAX_CACHED:
            cache.of_object.clear()
        known = cache.of_object[id(obj)] = (obj, frozenset(names))  # holding the object keeps its id its own
    return known[1]


def _noted(frame: Frame, obj: EntityObject) -> list[str]:
    """What is noted of the relationships of an object, and of its deferred columns."""
    noted: list[str] = []
    for attribute in relationships_and_deferred(frame.machine.graph.entities[obj.entity]):
        state = state_of(frame, obj, attribute)
        match state:
            case Loaded():
                noted.append(f".{attribute.name}")
            case Unloaded():
                noted.append(f".{attribute.name}{LACKING}")
            case Perhaps():
                noted += [f".{attribute.name}", f".{attribute.name}{LACKING}"]
        if raises(attribute, state):
            noted.append(f".{attribute.name}{FORBIDDEN}")
    return noted


def _noted_along(frame: Frame, obj: EntityObject) -> frozenset[str]:
    """What is noted of the objects that a query has loaded along."""
    cache = frame.machine.note(_Noted)
    key = (obj.plan, obj.entity)
    found = cache.along.get(key)
    if found is None:
        views = [
            placed(entity, plan, None) for entity, plan in places(frame, obj.plan, obj.entity, back=False)
        ]
        noted = frozenset(view.entity + each for view in views for each in _noted(frame, view))
        found = cache.along[key] = noted
    return found


def meet(frame: Frame, address: int, again: EntityObject) -> None:
    """The object at ``address`` was loaded again by a call that did not see it: ``again`` is how the call
    left it.
    """
    ref = Ref(address)
    if again.base is Base.QUERIED:
        fill(frame, ref, again.plan, None)
    obj = frame.entity(ref)
    if obj is None:
        return
    if again.expired is not None:
        frame.put(ref, replace(obj, expired=again.expired, attributes=again.attributes))
        return
    attributes = dict(obj.attributes)
    entity = frame.machine.graph.entities[obj.entity]
    for name, state in again.attributes.items():
        mapped = entity.attributes.get(name)
        if isinstance(state, Loaded) and isinstance(mapped, (Column, Relationship)):
            if not isinstance(state_of(frame, obj, mapped), Loaded):
                attributes[name] = state
        elif (
            isinstance(state, Unloaded)
            and isinstance(mapped, (Column, Relationship))
            and not isinstance(state_of(frame, obj, mapped), Unloaded)
        ):
            attributes[name] = state
    frame.put(ref, replace(obj, attributes=attributes, changed=obj.changed | again.changed))
