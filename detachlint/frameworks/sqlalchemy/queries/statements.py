"""``select()`` and the legacy ``Query`` as values.

Source: orm/queryguide/select.html, orm/queryguide/query.html.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from detachlint.domain.models import Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.queries import joins, options, parents
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import (
    FALSE,
    NONE,
    Alias,
    ClassValue,
    Const,
    Directive,
    Hop,
    Item,
    MappedAttribute,
    Option,
    Ref,
    Sql,
    Statement,
    Tuple,
    Union,
    Unknown,
    Value,
)

CONSTRUCTORS = {"select": "select", "insert": "insert", "update": "update", "delete": "delete"}
_CHAIN = frozenset(
    {"order_by", "group_by", "having", "distinct", "with_for_update", "correlate", "prefix_with",
     "suffix_with", "execution_options", "select_from", "outerjoin_from", "join_from", "with_hint", "values",
     "on_conflict_do_nothing", "on_conflict_do_update", "union", "union_all", "intersect", "except_",
     "correlate_except", "enable_eagerloads", "yield_per", "autoflush", "params", "with_labels",
     "set_label_style", "reset_joinpoint", "with_transformation", "tablesample", "ordered_values", "inline"}
)  # fmt: skip
# Of those, the ones that change neither which rows come nor in which order.
_NEUTRAL = frozenset(
    {"execution_options", "yield_per", "autoflush", "with_labels", "set_label_style", "with_hint"}
)
_SUBQUERIES = frozenset(
    {
        "subquery",
        "cte",
        "scalar_subquery",
        "exists",
        "alias",
        "lateral",
        "as_scalar",
        "label",
        "columns",
        "c",
        "selected_columns",
        "compile",
    }
)


def item_of(value: Value) -> Item:
    """What selecting ``value`` gives."""
    match value:
        case ClassValue(info=info):
            return Item(info.qualname, label=info.name)
        case Alias():
            return Item(value.entity, alias=value.number, polymorphic=value.loads)
        case MappedAttribute():
            return Item(value.entity, value.name, value.alias, value.name)
        case Sql():
            return Item()
        case _:
            return Item()


def construct(frame: Frame, kind: str, args: Arguments, site: Site) -> Statement:
    """``select(...)``, ``insert(A)`` ..."""
    values: list[Value] = []
    for value in args.positional:
        values += _flatten(frame, value)
    if kind == "select":
        return Statement(kind, tuple(_item(frame, v) for v in values), site)
    dml = item_of(values[0]).entity if values else ""
    return Statement(kind, (), site, dml=dml)


def asks_for_entities(frame: Frame, args: Arguments) -> bool:
    """Whether these are arguments of ``Session.query``: mapped classes, or attributes of such."""
    items = [_item(frame, value) for value in args.positional]
    return bool(items) and not args.splat and items[0].entity != ""


def _item(frame: Frame, value: Value) -> Item:
    item = item_of(value)
    if item.entity and item.entity not in frame.machine.graph.entities:
        return Item()
    if item.entity and item.attribute:
        attribute = frame.machine.graph.entities[item.entity].attributes.get(item.attribute)
        if isinstance(attribute, Relationship):
            return Item()
    return item


def _flatten(frame: Frame, value: Value) -> list[Value]:
    sequence = frame.sequence(value)
    if sequence is not None:
        return [*sequence.items, *([sequence.rest] if sequence.rest is not None else [])]
    return list(value.items) if isinstance(value, Tuple) else [value]


def go_on(frame: Frame, statement: Statement, name: str, args: Arguments, site: Site) -> Value | None:
    """``method``; a query that another file has made (a wrapper, a repository) remembers who took it up."""
    made = method(frame, statement, name, args, site)
    if isinstance(made, Statement) and made.extended is None and made.site.path != site.path:
        return replace(made, extended=site)
    return made


def method(frame: Frame, statement: Statement, name: str, args: Arguments, site: Site) -> Value | None:
    """A generative method; None for those that execute (of a ``Query``) or aren't known."""
    match name:
        case "options":
            return with_options(frame, statement, args)
        case "where" | "filter":
            for value in args.positional:
                statement = _filtered(statement, value)
            return replace(statement, whole=statement.whole and not args.splat)
        case "filter_by":
            return _filter_by(frame, statement, args)
        case "limit" | "offset" | "slice" | "fetch":
            return replace(statement, limited=True)
        case "order_by":
            return _ordered(frame, statement, args)
        case "join" | "outerjoin" | "join_from" | "outerjoin_from":
            return joins.joined(frame, statement, name, args)
        case "select_from":
            return joins.selected_from(frame, statement, args)
        case "add_columns" | "add_entity":
            return replace(statement, items=(*statement.items, *(_item(frame, v) for v in args.positional)))
        case "with_only_columns" | "with_entities":
            values = [v for a in args.positional for v in _flatten(frame, a)]
            return replace(statement, items=tuple(_item(frame, v) for v in values))
        case "returning":
            return replace(statement, items=tuple(_item(frame, v) for v in args.positional))
        case "from_statement":
            sources = statement.sources | {"*"}
            return replace(statement, filtered=True, whole=False, sources=sources, given=True)
        case "populate_existing":
            return replace(statement, populate_existing=True)
        case "execution_options" if args.flag("populate_existing"):
            return replace(statement, populate_existing=True)
        case "execution_options" if args.get("synchronize_session") == FALSE:
            return replace(statement, synchronised=False)
        case "values":
            return replace(statement, computed=statement.computed | _computed(frame, args), whole=False)
        case "with_parent":
            return replace(_filtered(statement, parents.of_parent(frame, args, statement)), whole=False)
        case _ if name in _SUBQUERIES:
            return Sql()
        case _ if name in _NEUTRAL:
            return statement
        case _ if name in _CHAIN:
            return replace(statement, whole=False)
        case "__getitem__" if statement.kind != "query":
            return None
        case _:
            return None


def with_options(frame: Frame, statement: Statement, args: Arguments) -> Statement:
    directives = list(statement.options)
    for value in args.positional:
        for each in _flatten(frame, value):
            found = options.spread(frame, each)
            for option in found:
                directives += option.directives
            if not found and isinstance(each, (Unknown, Union, Ref)):
                directives.append(Directive((Hop("", "*"),), "unknown"))
    if args.splat and not args.positional:
        directives.append(Directive((Hop("", "*"),), "unknown"))
    root = statement.items[0] if statement.items else Item()
    graph = frame.machine.graph
    directives = [options.anchored(graph, d, root.entity, root.alias) for d in directives]
    return replace(statement, options=tuple(dict.fromkeys(directives)))


def with_those_options(frame: Frame, query: Unknown, args: Arguments, site: Site) -> Statement | None:
    """What ``query`` is in ``query.options(selectinload(Order.lines))``, of which nothing else is known: it
    selects what its options begin at. One that a library has made (a filter, a policy) has no options yet.
    """
    made = with_options(frame, Statement("select", (), site), args)
    roots = [hop for directive in made.options for hop in directive.path[:1] if hop.entity]
    if not roots or any(hop.entity != roots[0].entity or hop.alias for hop in roots):
        return None
    is_bare = query.reason.startswith("result of a library call")
    return Statement(
        "select",
        (Item(roots[0].entity, label=roots[0].entity.rpartition(".")[2]),),
        site,
        options=() if is_bare else (Directive((Hop("", "*"),), "unknown"),),
        filtered=True,
        whole=False,
        sources=frozenset({"*"}),
    )


def _computed(frame: Frame, args: Arguments) -> frozenset[str]:
    """The attributes that ``values(...)`` sets to what only the server can compute."""
    given: list[tuple[Value, Value]] = [(Const(name), value) for name, value in args.keywords]
    for each in args.positional:
        listed = frame.dictionary(each)
        given += listed.entries if listed is not None else ()
    found = [key for key, value in given if isinstance(value, Sql) and value.server]
    names = (key.name if isinstance(key, MappedAttribute) else getattr(key, "value", None) for key in found)
    return frozenset(name for name in names if isinstance(name, str))


def _filtered(statement: Statement, value: Value) -> Statement:
    if isinstance(value, Sql):
        listed = tuple((a, v) for a, v in value.in_)
        return replace(
            statement,
            where=(*statement.where, *value.equals, *listed),
            filtered=True,
            whole=statement.whole and value.whole,
            sources=statement.sources | ({a.entity for a in value.attributes} or {"*"}),
        )
    return replace(statement, filtered=True, whole=False, sources=statement.sources | {"*"})


def _ordered(frame: Frame, statement: Statement, args: Arguments) -> Statement:
    values = [v for a in args.positional for v in _flatten(frame, a)]
    known = tuple(v if isinstance(v, MappedAttribute) else Sql() for v in values)
    return replace(statement, order=(*statement.order, *known, *([Sql()] if args.splat else [])))


def _filter_by(frame: Frame, statement: Statement, args: Arguments) -> Statement:
    where = [*statement.where]
    for name, value in args.keywords:
        where.append((joins.filtered(frame, statement, name), value))
    return replace(statement, where=tuple(where), filtered=True, whole=statement.whole and not args.splat)


def compare(left: Value, op: str, right: Value) -> Value | None:
    """``A.b == value`` and combinations of such conditions."""
    if isinstance(left, MappedAttribute):
        if op in ("==", "is_") and not isinstance(right, (MappedAttribute, Sql)):
            return Sql(((left, right),), (left,), whole=True)
        if isinstance(right, MappedAttribute):
            return Sql((), (left, right))
        return Sql((), (left,))
    if isinstance(left, Sql):
        if op == "&" and isinstance(right, Sql):
            return Sql(
                (*left.equals, *right.equals),
                (*left.attributes, *right.attributes),
                (*left.in_, *right.in_),
                left.whole and right.whole,
            )
        return disjunction((left, right)) if op == "|" else Sql()
    return None


def disjunction(conditions: Sequence[Value]) -> Sql:
    """``or_(...)``; of one attribute, it says that this is one of several values."""
    equals = [c.equals[0] for c in conditions if isinstance(c, Sql) and c.whole and len(c.equals) == 1]
    attributes = tuple(dict.fromkeys(attribute for attribute, _ in equals))
    if len(attributes) != 1 or len(equals) < len(conditions):
        return Sql()
    return Sql(attributes=attributes, in_=((attributes[0], Tuple(tuple(value for _, value in equals))),))


def conjunction(args: Arguments) -> Sql:
    """``and_(...)``."""
    equals: list[tuple[MappedAttribute, Value]] = []
    listed: list[tuple[MappedAttribute, Value]] = []
    attributes: list[MappedAttribute] = []
    whole = not args.splat
    for value in args.positional:
        if isinstance(value, Sql):
            equals += value.equals
            listed += value.in_
            attributes += value.attributes
        whole = whole and isinstance(value, Sql) and value.whole
    return Sql(tuple(equals), tuple(attributes), tuple(listed), whole)


__all__ = [
    "CONSTRUCTORS",
    "NONE",
    "Const",
    "Option",
    "compare",
    "conjunction",
    "construct",
    "disjunction",
    "elements_of",
    "method",
]
