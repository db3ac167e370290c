"""What a statement joins, and what that says of its rows.

Source: orm/queryguide/select.html, "Joins" and "Setting the ON Clause".
"""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.models import ModelGraph, Relationship
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import Alias, ClassValue, Item, MappedAttribute, Statement, Value


def joined(frame: Frame, statement: Statement, method: str, args: Arguments) -> Statement:
    """``join(A.b)``, ``join(B)``, ``join(B, A.b)``, ``outerjoin(B, A.b_id == B.id)``."""
    graph = frame.machine.graph
    along = [*statement.joins, *(v for v in args.positional if isinstance(v, MappedAttribute))]
    classes = {v.info.qualname for v in args.positional if isinstance(v, ClassValue)}
    classes |= {v.entity for v in args.positional if isinstance(v, Alias)}
    named = args.positional[1:] if method.endswith("_from") else args.positional
    # A class is named before the way there; of several ways (SQLAlchemy 1) the last one leads to it.
    target = next((v for v in named if isinstance(v, (ClassValue, Alias))), named[-1] if named else None)
    last = (_root(graph, target) if target is not None else None) or statement.last
    match args:
        case Arguments(positional=(ClassValue(info=info),), keywords=()) if method in ("join", "outerjoin"):
            along += _by_foreign_key(graph, statement, info.qualname)
        case _:
            pass
    return replace(
        statement,
        joins=tuple(along),
        joined=statement.joined | classes,
        last=last,
        filtered=True,
        whole=False,
        sources=statement.sources | _sources(graph, args),
    )


def selected_from(frame: Frame, statement: Statement, args: Arguments) -> Statement:
    """``select_from(A)``."""
    graph = frame.machine.graph
    last = statement.last
    if last is None and args.positional:
        last = _root(graph, args.positional[0])
    return replace(statement, sources=statement.sources | _sources(graph, args), last=last, whole=False)


def filtered(frame: Frame, statement: Statement, name: str) -> MappedAttribute:
    """The attribute that ``filter_by(name=...)`` compares: that of what was joined last. SQLAlchemy 2.1 looks
    at everything that the rows come from.
    """
    if statement.dml:
        return MappedAttribute(statement.dml, name)
    item = statement.items[0] if statement.items else Item()
    last = statement.last
    entity = frame.machine.graph.entities.get(last.entity) if last is not None else None
    if last is not None and (entity is None or name in entity.attributes):
        return replace(last, name=name)
    return MappedAttribute(item.entity, name, item.alias)


def foreign_keys(graph: ModelGraph, statement: Statement, item: Item) -> dict[str, Value]:
    """The foreign keys of rows that refer to the one row that the statement joins and asks for by its key:
    ``select(Book).join(Book.author).where(Author.id == key)``.
    """
    along = {a.name for a in statement.joins if a.alias == item.alias and graph.is_a(item.entity, a.entity)}
    found: dict[str, Value] = {}
    for relationship in graph.entities[item.entity].relationships if along else ():
        target = graph.entities.get(relationship.target or "")
        if relationship.name not in along or len(relationship.get_from) != 1 or target is None:
            continue
        for attribute, value in statement.where:
            is_key = target.primary_key == (attribute.name,) and not attribute.alias
            if is_key and graph.is_a(target.qualname, attribute.entity):
                found[relationship.get_from[0]] = value
    return found


def _by_foreign_key(graph: ModelGraph, statement: Statement, target: str) -> list[MappedAttribute]:
    """The many-to-one that ``join(B)`` goes along, where the rows come from one class with one foreign key to
    that.
    """
    entity = graph.entities.get(statement.items[0].entity) if len(statement.items) == 1 else None
    if entity is None or not statement.sources <= {entity.qualname, target}:
        return []
    ways = [r for r in entity.relationships if r.get_from and r.target == target]
    if len({r.get_from for r in ways}) != 1:
        return []
    return [MappedAttribute(entity.qualname, r.name, statement.items[0].alias) for r in ways]


def _root(graph: ModelGraph, value: Value) -> MappedAttribute | None:
    """What an argument of a join brings, as an attribute without a name."""
    match value:
        case ClassValue(info=info):
            return MappedAttribute(info.qualname, "")
        case Alias(entity=entity, number=number):
            return MappedAttribute(entity, "", number)
        case MappedAttribute(entity=entity, name=name, of_type=of_type):
            owner = graph.entities.get(entity)
            found = owner.attributes.get(name) if owner is not None else None
            if not isinstance(found, Relationship) or found.target is None:
                return None
            # ``of_type`` may name an alias, which is another one than the class.
            return MappedAttribute(of_type[0], "", -1) if of_type else MappedAttribute(found.target, "")
        case _:
            return None


def _sources(graph: ModelGraph, args: Arguments) -> set[str]:
    """The entities that a join or ``select_from`` brings into the FROM clause."""
    found: set[str] = set()
    for value in args.positional:
        match value:
            case MappedAttribute():
                entity = graph.entities.get(value.entity)
                attribute = entity.attributes.get(value.name) if entity is not None else None
                found.add((attribute.target if isinstance(attribute, Relationship) else None) or "*")
            case ClassValue(info=info):
                found.add(info.qualname)
            case Alias(entity=name):
                found.add(name)
            case _:
                found.add("*")
    return found or {"*"}
