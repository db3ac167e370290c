"""Functions of SQLAlchemy that are neither statements nor options."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import Cause
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy import mappers
from detachlint.frameworks.sqlalchemy.instances import inspection
from detachlint.frameworks.sqlalchemy.queries.parents import of_parent
from detachlint.frameworks.sqlalchemy.sessions import events
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Base, Instance, Life, Loaded
from detachlint.interpret.values import (
    NONE,
    Alias,
    ClassValue,
    Const,
    InstanceState,
    Ref,
    Value,
)
from detachlint.resolve.symbols import External

# Which alias an ``aliased()`` call makes: by path, node and entity.
AliasNumbers = dict[tuple[str, int, str], int]

_SQL = frozenset(
    {
        "or_",
        "not_",
        "func",
        "text",
        "literal",
        "literal_column",
        "case",
        "exists",
        "desc",
        "asc",
        "null",
        "true",
        "false",
        "between",
        "distinct",
        "cast",
        "type_coerce",
        "any_",
        "all_",
        "tuple_",
        "extract",
        "over",
        "bindparam",
        "column",
        "nulls_last",
        "nullslast",
        "label",
        "union",
        "union_all",
        "within_group",
    }
)


def is_expression(name: External) -> bool:
    """Whether a call of the name gives an SQL expression of which nothing more is known."""
    return name.leaf in _SQL or ".func." in name.dotted


def call(frame: Frame, numbers: AliasNumbers, leaf: str, args: Arguments, site: Site) -> Value | None:
    first = frame.split(args.positional[0]) if args.positional else None
    match leaf:
        case "listen" | "listens_for" if first is not None:
            return events.listen(frame, leaf, first, args)
        case "aliased" | "with_polymorphic":
            return _alias(frame, numbers, leaf, first, args, site)
        case "inspect" | "class_mapper" | "object_mapper" if isinstance(first, ClassValue):
            return mappers.mapper_of(frame, first)
        case "inspect":
            return InstanceState(first) if frame.entity(first) is not None and first is not None else None
        case "instance_state":
            return InstanceState(first) if first is not None else None
        case "object_session" | "async_object_session":
            return (
                inspection.member(frame, InstanceState(first), "session", site) if first is not None else None
            )
        case "set_committed_value" | "set_attribute":
            key = args.get("key", 1)
            value = args.get("value", 2)
            if isinstance(first, Ref) and isinstance(key, Const) and isinstance(key.value, str):
                obj = frame.entity(first)
                if obj is not None and value is not None:
                    attributes = {**obj.attributes, key.value: Loaded(value)}
                    frame.put(first, replace(obj, attributes=attributes))
            return NONE
        case "make_transient" | "make_transient_to_detached":
            obj = frame.entity(first)
            if obj is not None and isinstance(first, Ref):
                if leaf == "make_transient":
                    frame.put(first, replace(obj, life=Life.TRANSIENT, session=None))
                else:
                    # What a new object lacks is expired; of one that nothing is known of, nobody knows.
                    expired = Cause.EXPIRED if obj.base is Base.FRESH and obj.attributes else obj.expired
                    frame.put(first, replace(obj, life=Life.DETACHED, session=None, expired=expired))
            return NONE
        case "flag_modified" | "flag_dirty":
            obj = frame.entity(first)
            if obj is not None and isinstance(first, Ref):
                frame.put(first, replace(obj, changed=frozenset({"*"})))
            return NONE
        case "hybrid_property" if first is not None:
            return frame.new(Instance(External("sqlalchemy.ext.hybrid.hybrid_property"), {"fget": first}))
        case "with_parent":
            return of_parent(frame, args)
        case "close_all_sessions":
            return NONE
        case _:
            return None


def _alias(
    frame: Frame, numbers: AliasNumbers, leaf: str, first: Value | None, args: Arguments, site: Site
) -> Value | None:
    entity = first.info.qualname if isinstance(first, ClassValue) else ""
    if entity not in frame.machine.graph.entities:
        return frame.unknown("alias of something unknown")
    number = numbers.setdefault((site.path, site.node, entity), len(numbers) + 1)
    if leaf == "aliased":
        return Alias(entity, number)
    from detachlint.interpret.expressions.iterate import elements_of

    listed = args.get("classes", 1)
    loads: list[str] = []
    if isinstance(listed, Const) and listed.value == "*":
        loads = ["*"]
    elif listed is not None:
        loads = [v.info.qualname for v in elements_of(frame, listed, site).items if isinstance(v, ClassValue)]
    return Alias(entity, number, tuple(loads))
