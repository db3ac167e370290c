"""``inspect(obj)``, ``obj.__dict__``, ``awaitable_attrs``: what tells or loads without failing.

Source: orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession.
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause
from detachlint.domain.models import Column, Lazy, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import mappers
from detachlint.frameworks.sqlalchemy.instances.attributes import DOUBTS, mapped, state_of
from detachlint.frameworks.sqlalchemy.instances.reads import load_now, read
from detachlint.frameworks.sqlalchemy.instances.strategies import lazy_in_force
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import AttributeState, Base, Life, Loaded, Perhaps, Sequence, Unloaded
from detachlint.interpret.values import (
    FALSE,
    NONE,
    TRUE,
    Awaitable,
    ClassValue,
    Const,
    InstanceState,
    Ref,
    Unknown,
    Value,
)

_REFUSED = (Lazy.RAISE, Lazy.RAISE_ON_SQL, Lazy.NOLOAD)
_FLAGS = {
    "transient": (Life.TRANSIENT,),
    "pending": (Life.PENDING,),
    "persistent": (Life.PERSISTENT, Life.DELETED),
    "detached": (Life.DETACHED,),
}


def member(frame: Frame, state: InstanceState, name: str, site: Site) -> Value | None:
    """An attribute of ``inspect(obj)`` or of what hangs on it."""
    if state.view in mappers.VIEWS:
        return mappers.member(frame, state, name)
    match state.view, name:
        case "", "unloaded" | "unmodified" | "expired_attributes":
            return replace(state, view=name)
        case "", "dict":
            return replace(state, view="dict")
        case "", "attrs":
            return replace(state, view="attrs")
        case "", "mapper":
            obj = frame.entity(state.target)
            info = frame.machine.program.classes.get(obj.entity) if obj is not None else None
            mapper = mappers.mapper_of(frame, ClassValue(info)) if info is not None else None
            return mapper or Unknown("mapper")
        case "", "session" | "async_session":
            return _session(frame, state)
        case "", _ if name in _FLAGS:
            obj = frame.entity(state.target)
            if obj is None or obj.life is Life.UNKNOWN:
                return frame.unknown("state of an object")
            return Const(obj.life in _FLAGS[name])
        case "", "identity" | "key" | "identity_key":
            return frame.unknown("identity")
        case "attrs", _:
            return replace(state, view="attr", name=name)
        case "attr", "loaded_value":
            return _loaded_value(frame, state)
        case "attr", "history":
            return replace(state, view="history")
        case "attr", "value":
            return read(frame, state.target, state.name, site) if isinstance(state.target, Ref) else None
        case "awaitable_attrs", _:
            return _awaitable(frame, state.target, name, site)
        case _:
            return None


def _session(frame: Frame, state: InstanceState) -> Value:
    obj = frame.entity(state.target)
    if obj is None or obj.life is Life.UNKNOWN:
        return frame.unknown("session of an object")
    return Ref(obj.session) if obj.session is not None else NONE


def _has_changes(frame: Frame, state: InstanceState) -> Value:
    """``inspect(obj).attrs.x.history.has_changes()``: what has changed is in memory."""
    found = mapped(frame, state.target)
    if found is None or not isinstance(state.target, Ref):
        return frame.unknown("history")
    obj, entity = found
    attribute = entity.attributes.get(state.name)
    if not isinstance(attribute, (Column, Relationship)):
        return frame.unknown("history")
    if obj.life is Life.PERSISTENT and obj.base is not Base.UNKNOWN and not {state.name, "*"} & obj.changed:
        return FALSE
    current = state_of(frame, obj, attribute)
    if not isinstance(current, Loaded):
        if frame.choose(2) == 1:
            return FALSE
        changed = {**obj.attributes, state.name: Loaded(Unknown("changed"))}
        frame.put(state.target, replace(obj, attributes=changed))
        return TRUE
    return frame.unknown("history")


def _loaded_value(frame: Frame, state: InstanceState) -> Value:
    found = mapped(frame, state.target)
    if found is None or not isinstance(state.target, Ref):
        return frame.unknown("loaded value")
    attribute = found[1].attributes.get(state.name)
    if isinstance(attribute, (Column, Relationship)):
        current = state_of(frame, found[0], attribute)
        if isinstance(current, Loaded):
            return read(frame, state.target, state.name, frame.machine.nowhere) or frame.unknown(
                "loaded value"
            )
        if isinstance(current, Unloaded):
            return Unknown("NO_VALUE", type="sqlalchemy.orm.NO_VALUE")
    return frame.unknown("loaded value")


def _awaitable(frame: Frame, target: Value, name: str, site: Site) -> Value | None:
    """``await obj.awaitable_attrs.x`` loads, but not what the mapping or an option forbids."""
    found = mapped(frame, target)
    if found is None or not isinstance(target, Ref):
        return None
    obj, entity = found
    attribute = entity.attributes.get(name)
    session = frame.session(obj.session)
    if not isinstance(attribute, (Column, Relationship)):
        from detachlint.interpret.objects.attribute import get_attribute
        from detachlint.parse import ir

        if session is not None and obj.session is not None:
            frame.put(obj.session, replace(session, is_async=False))
            value = get_attribute(frame, target, name, ir.Opaque(site.node))
            after = frame.session(obj.session)
            if after is not None:
                frame.put(obj.session, replace(after, is_async=True))
            return Awaitable(value)
        return None
    lacking = isinstance(state_of(frame, obj, attribute), (Unloaded, Perhaps))
    refused = isinstance(attribute, Relationship) and lazy_in_force(frame, obj, attribute) in _REFUSED
    if lacking and not refused and (session is not None or obj.life is Life.UNKNOWN):
        return Awaitable(load_now(frame, target, attribute, site))
    return Awaitable(read(frame, target, name, site) or frame.unknown("attribute"))


def contains(frame: Frame, state: InstanceState, name: Value) -> Value | None:
    """``"user" in inspect(obj).unloaded``, ``"user" in obj.__dict__``; what is uncertain is decided on each
    path.
    """
    found = mapped(frame, state.target)
    if found is None or not isinstance(name, Const) or not isinstance(name.value, str):
        return None
    obj, entity = found
    attribute = entity.attributes.get(name.value)
    if not isinstance(attribute, (Column, Relationship)) or not isinstance(state.target, Ref):
        return FALSE if attribute is None and state.view in ("unloaded",) else None
    current = state_of(frame, obj, attribute)
    if obj.life in (Life.TRANSIENT, Life.PENDING):
        loaded = name.value in obj.attributes
    elif isinstance(current, Perhaps):
        loaded = frame.choose(2) == 0
        if loaded:
            decided: AttributeState = Loaded(Unknown("loaded"))
        elif current.reason in DOUBTS:
            decided = current  # whether it is so here depends on the data, and a fault is not to be claimed
        else:
            decided = Unloaded(Cause.NOT_LOADED)
        frame.put(state.target, replace(obj, attributes={**obj.attributes, name.value: decided}))
    else:
        # What waits to be appended to an unloaded collection counts, for ``unloaded``, as if it were loaded.
        waits = state.view == "unloaded" and name.value in obj.changed
        loaded = isinstance(current, Loaded) or waits
    if state.view == "unloaded":
        return Const(not loaded)
    if state.view in ("dict", "unmodified"):
        return Const(loaded)
    return None


def method(frame: Frame, state: InstanceState, name: str, args: Arguments, site: Site) -> Value | None:
    if state.view in mappers.VIEWS:
        return mappers.method(frame, state, name, args)
    match name:
        case "__contains__" | "in":
            return contains(frame, state, args.positional[0]) if args.positional else None
        case "get" if state.view == "dict":
            return _from_dict(frame, state, args)
        case "get" if state.view == "attrs":
            key = args.positional[0] if args.positional else None
            if isinstance(key, Const) and isinstance(key.value, str):
                return replace(state, view="attr", name=key.value)
            return None
        case "__getitem__" if state.view in ("dict", "attrs"):
            key = args.positional[0] if args.positional else None
            if isinstance(key, Const) and isinstance(key.value, str):
                if state.view == "attrs":
                    return replace(state, view="attr", name=key.value)
                return _from_dict(frame, state, args)
            return None
        case "__iter__" | "items" | "keys" | "values" | "copy":
            return frame.new(Sequence("list", (), frame.unknown("entry of an instance")))
        case "has_changes" if state.view == "history":
            return _has_changes(frame, state)
        case "load_history" | "load":
            return read(frame, state.target, state.name, site) if isinstance(state.target, Ref) else None
        case _:
            return None


def _from_dict(frame: Frame, state: InstanceState, args: Arguments) -> Value:
    key = args.positional[0] if args.positional else None
    default = args.positional[1] if len(args.positional) > 1 else NONE
    if isinstance(key, Const) and isinstance(key.value, str):
        answer = contains(frame, replace(state, view="dict"), key)
        if answer == TRUE and isinstance(state.target, Ref):
            return read(frame, state.target, key.value, frame.machine.nowhere) or frame.unknown("attribute")
        if answer == FALSE:
            return default
    return frame.unknown("entry of an instance")
