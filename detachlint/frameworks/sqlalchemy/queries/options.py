"""Loader options as values. Source: orm/queryguide/relationships.html, orm/queryguide/columns.html."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.models import ModelGraph, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.observers.usage import Usage
from detachlint.frameworks.sqlalchemy.queries import plans, shared_options
from detachlint.interpret.calls.decorated import decorator_names
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.objects.attribute import find_method
from detachlint.interpret.values import (
    Alias,
    ClassValue,
    Const,
    Directive,
    Hop,
    MappedAttribute,
    Member,
    Option,
    Sql,
    Tuple,
    Union,
    Unknown,
    Value,
    alternatives,
)

RELATIONSHIP_OPTIONS = {
    "selectinload": "selectin",
    "joinedload": "joined",
    "subqueryload": "subquery",
    "immediateload": "immediate",
    "contains_eager": "contains_eager",
    "lazyload": "select",
    "noload": "noload",
    "raiseload": "raise",
    "defaultload": "path",
}
COLUMN_OPTIONS = frozenset({"load_only", "defer", "undefer", "undefer_group", "with_expression"})
# Of SQLAlchemy 1.3 and before: for each hop of the path.
_EACH_HOP = {
    "joinedload_all": "joinedload",
    "eagerload_all": "joinedload",
    "subqueryload_all": "subqueryload",
}
_OLD_NAMES = {"eagerload": "joinedload"}
OTHER_OPTIONS = frozenset({"Load", "selectin_polymorphic", "with_loader_criteria", *_EACH_HOP, *_OLD_NAMES})
_PROPERTIES = frozenset({"property", "cached_property"})
ALL_OPTIONS = frozenset(RELATIONSHIP_OPTIONS) | COLUMN_OPTIONS | OTHER_OPTIONS


def make(frame: Frame, name: str, args: Arguments, site: Site, into: Option | None = None) -> Option:
    """``selectinload(A.b)``, or ``option.selectinload(B.c)`` when ``into`` is given."""
    base = into if into is not None else Option((), (), site)
    _check(frame, args, site)
    each_hop = name in _EACH_HOP
    name = _EACH_HOP.get(name) or _OLD_NAMES.get(name, name)
    if name in RELATIONSHIP_OPTIONS:
        recursive = args.get("recursion_depth") is not None
        Usage.of(frame.machine).option(name, args.positional, site, recursive=recursive)
        return _relationship(base, name, args, each_hop=each_hop)
    if name == "Load":
        entity = args.positional[0] if args.positional else None
        return replace(base, cursor=(Hop(_entity_name(entity), "", _alias_number(entity)),))
    if name == "selectin_polymorphic":
        return _polymorphic(frame, base, args)
    if name in COLUMN_OPTIONS:
        return _columns(base, name, args)
    return base


def _check(frame: Frame, args: Arguments, site: Site) -> None:
    """An option that names what is not mapped, a property of the class, raises ArgumentError."""
    graph = frame.machine.graph
    for value in args.positional:
        match value:
            case Member(receiver=ClassValue(info=info), name=name):
                entity = graph.entities.get(info.qualname)
                method = find_method(frame, info, name)
                if entity is None or name in entity.attributes or method is None:
                    continue
                if _PROPERTIES & set(decorator_names(method)):
                    frame.emit(StrategyMisuse(site, "option-without-effect", info.qualname, name, "property"))
            case _:
                pass


def _entity_name(value: Value | None) -> str:
    if isinstance(value, ClassValue):
        return value.info.qualname
    return value.entity if isinstance(value, Alias) else ""


def _narrowed(value: Value | None) -> tuple[str, ...]:
    """What ``of_type`` names: a subclass, or with ``with_polymorphic(...)`` several, "*" for all."""
    name = _entity_name(value)
    return (*((name,) if name else ()), *(value.loads if isinstance(value, Alias) else ()))


def _alias_number(value: Value | None) -> int:
    return value.number if isinstance(value, Alias) else 0


def _path(base: Option) -> tuple[Hop, ...]:
    """The cursor without a ``Load(A)`` marker at its end."""
    return base.cursor[:-1] if base.cursor and not base.cursor[-1].name else base.cursor


def _relationship(base: Option, name: str, args: Arguments, *, each_hop: bool = False) -> Option:
    strategy = RELATIONSHIP_OPTIONS[name]
    if strategy == "raise" and args.flag("sql_only") is True:
        strategy = "raise_on_sql"
    directives = list(base.directives)
    path = _path(base)
    bound = base.cursor[-1].entity if base.cursor and not base.cursor[-1].name else ""
    hops = [hop for value in args.positional for hop in _hops(value, bound)]
    for index, hop in enumerate(hops):
        if hop.name == "*":
            here = bound or (plans.HERE if path else "")
            directives.append(Directive((*path, Hop(here, "*")), strategy))
            continue
        if hop == _UNKNOWN_HOP:
            directives.append(Directive((*path, Hop("", "*")), "unknown"))
        path = (*path, hop)
        last = index == len(hops) - 1
        if hop != _UNKNOWN_HOP:
            how = strategy if last or each_hop else "path"
            recursion = _recursion(args) if last else 0
            directives.append(Directive(path, how, recursion=recursion, old=each_hop))
    return replace(base, directives=tuple(directives), cursor=path)


# What follows it in an option is below something of which nobody knows what it is.
_UNKNOWN_HOP = Hop("", "?")


def _hops(value: Value, bound: str) -> list[Hop]:
    """What an argument names: an attribute, or with a string one of the class that the statement, or
    ``Load(A)`` (``bound``), leads to: ``joinedload("customer.organization")``.
    """
    match value:
        case MappedAttribute():
            return [Hop(value.entity, value.name, value.alias, value.of_type)]
        case Const(value="*"):
            return [Hop("", "*")]
        case Const(value=str() as text):
            first, *others = text.split(".")
            return [Hop(bound, first), *(Hop("", name) for name in others)]
        case _:
            return [_UNKNOWN_HOP]


def anchored(graph: ModelGraph, directive: Directive, entity: str, alias: int) -> Directive:
    """The directive with the class of each attribute that a string names, as SQLAlchemy 1 allows.

    Args:
        entity: the first class that the statement selects, whose attribute the first string is.
    """
    if all(hop.entity or hop.name in ("", "*", "?") for hop in directive.path):
        return directive
    path: list[Hop] = []
    for hop in directive.path:
        owner = graph.entities.get(hop.entity or entity)
        attribute = owner.attributes.get(hop.name) if owner is not None else None
        if not hop.entity and attribute is not None:
            hop = replace(hop, entity=entity, alias=0 if path else alias)
        path.append(hop)
        target = attribute.target if isinstance(attribute, Relationship) else None
        entity = hop.of_type[0] if hop.of_type else target or ""
    return replace(directive, path=tuple(path), old=True)


def _recursion(args: Arguments) -> int:
    """``recursion_depth=``: how often the same hop is loaded again; -1 is without end."""
    depth = args.get("recursion_depth")
    if isinstance(depth, Const) and isinstance(depth.value, int):
        return depth.value if depth.value < 0 else max(0, depth.value - 1)
    return 0


def _columns(base: Option, name: str, args: Arguments) -> Option:
    names: list[str] = []
    entity = ""
    alias = 0
    for value in args.positional:
        if isinstance(value, MappedAttribute):
            names.append(value.name)
            entity, alias = value.entity, value.alias
        elif isinstance(value, Const) and isinstance(value.value, str):
            names.append(value.value)
    if base.cursor and not base.cursor[-1].name:
        entity, alias = base.cursor[-1].entity, base.cursor[-1].alias
        if name == "undefer_group":
            entity = entity or base.cursor[-1].entity
    strategy = name
    if name == "defer" and args.flag("raiseload"):
        strategy = "defer_raise"
    if name == "with_expression":
        strategy, names = "undefer", names[:1]
    if "*" in names and _path(base):
        entity = entity or plans.HERE
    path = (*_path(base), Hop(entity, "", alias))
    return replace(base, directives=(*base.directives, Directive(path, strategy, tuple(names))))


def _polymorphic(frame: Frame, base: Option, args: Arguments) -> Option:
    from detachlint.interpret.expressions.iterate import elements_of

    if base.cursor:  # as a method: option.selectin_polymorphic([Sub])
        listed = args.positional[0] if args.positional else Unknown("")
        entity, alias = "", 0
    else:
        base_class = args.positional[0] if args.positional else None
        entity, alias = _entity_name(base_class), _alias_number(base_class)
        listed = args.positional[1] if len(args.positional) > 1 else Unknown("")
    elements = elements_of(frame, listed, frame.machine.nowhere)
    names = tuple(v.info.qualname for v in elements.items if isinstance(v, ClassValue))
    path = (*_path(base), Hop(entity, "", alias))
    return replace(base, directives=(*base.directives, Directive(path, "polymorphic", names)))


def method(frame: Frame, option: Option, name: str, args: Arguments, site: Site) -> Value | None:
    """``option.name(...)``: a further hop, sub-options, a column option."""
    if name in ALL_OPTIONS:
        return make(frame, name, args, site, option)
    if name == "options":
        directives = list(option.directives)
        prefix = _path(option)
        for value in args.positional:
            for nested in spread(frame, value):
                # A wildcard that names no entity has no effect inside ``.options()``, but for the columns of
                # a join.
                joined = bool(prefix) and any(
                    d.path == prefix and d.strategy == "joined" for d in option.directives
                )
                directives += [
                    replace(d, path=(*prefix, *d.path))
                    for d in nested.directives
                    if d.path[0].entity or d.path[0].name not in ("", "*") or (joined and not d.path[0].name)
                ]
            if isinstance(value, Unknown):
                directives.append(Directive((*prefix, Hop("", "*")), "unknown"))
        return replace(option, directives=tuple(directives))
    return None


def spread(frame: Frame, value: Value) -> list[Option]:
    """The options behind an argument of ``.options()``."""
    if isinstance(value, Option):
        return [value]
    if isinstance(value, Union):
        return [o for v in alternatives(value) for o in spread(frame, v)]
    found = shared_options.said(frame, value)
    return [found] if found is not None else []


def attribute_method(attribute: MappedAttribute, name: str, args: Arguments) -> Value | None:
    """``A.b.of_type(Sub)``, ``A.b.and_(...)``."""
    match name:
        case "of_type":
            return replace(attribute, of_type=_narrowed(args.positional[0] if args.positional else None))
        case "and_":
            return attribute
        case "in_":
            return (
                Sql(in_=((attribute, _among(args.positional[0])),), attributes=(attribute,))
                if args.positional
                else Sql()
            )
        case _:
            return Sql(attributes=(attribute,))


__all__ = ["ALL_OPTIONS", "anchored", "attribute_method", "make", "method", "spread"]


def _among(values: Value) -> Value:
    """What ``in_`` is given; a list of which nothing is known is not itself a key."""
    return Tuple((values,)) if isinstance(values, Unknown) else values
