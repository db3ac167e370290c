"""The relationship graph as a tree, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from detachlint.domain.models import (
    AssociationProxy,
    Column,
    Entity,
    Hybrid,
    Lazy,
    ModelGraph,
    Relationship,
)
from detachlint.report.graph_names import short_names
from detachlint.report.style import Line, plain

_LAZY_STYLES = {lazy: "eager" for lazy in Lazy if lazy.is_eager} | {
    Lazy.RAISE: "raises",
    Lazy.RAISE_ON_SQL: "raises",
    Lazy.NOLOAD: "warning",
    Lazy.DYNAMIC: "warning",
}


def render_tree(graph: ModelGraph) -> Iterator[Line]:
    """Each entity with the attributes that a read may have to load."""
    names = short_names(graph)
    relationships = 0
    for qualname, name in names.items():
        entity = graph.entities[qualname]
        yield _heading(entity, name, names)
        branches = [*_relationships(entity, names), *_others(entity)]
        relationships += sum(one.owner == qualname for one in entity.relationships)
        for number, branch in enumerate(branches, start=1):
            yield (("└─ " if number == len(branches) else "├─ ", "quiet"), *branch)
        yield plain()
    counts = f"{len(names)} mapped classes, {relationships} relationships"
    yield plain(counts if names else "No mapped classes found.", "path")


def _heading(entity: Entity, name: str, names: Mapping[str, str]) -> Line:
    details = [entity.table or "no table", entity.site.path]
    if entity.parent is not None:
        kind = "" if entity.inheritance is None else f" ({entity.inheritance})"
        details.insert(0, f"is a {names.get(entity.parent, entity.parent)}{kind}")
    return ((name, "entity"), ("  " + " · ".join(details), "quiet"))


def _relationships(entity: Entity, names: Mapping[str, str]) -> Iterator[Line]:
    shown = [one for one in entity.relationships if one.owner == entity.qualname or entity.parent is None]
    targets = [_target(one, names) for one in shown]
    name_width = max((len(one.name) for one in shown), default=0)
    target_width = max(map(len, targets), default=0)
    for one, target in zip(shown, targets, strict=True):
        yield (
            (one.name.ljust(name_width), "path"),
            (" → ", "quiet"),
            (target.ljust(target_width), "entity"),
            (f"  {one.direction.value.ljust(12)}  ", ""),
            (one.lazy.value.ljust(8), _LAZY_STYLES.get(one.lazy, "")),
            ("" if one.reverse is None else f"  ↔ {one.reverse}", "quiet"),
        )


def _target(one: Relationship, names: Mapping[str, str]) -> str:
    target = one.target_name + " (not found)" if one.target is None else names.get(one.target, one.target)
    return f"{one.collection or 'list'}[{target}]" if one.uselist else target


def _others(entity: Entity) -> Iterator[Line]:
    for attribute in entity.attributes.values():
        match attribute:
            case Column(deferred=True):
                kind = "deferred column"
            case Hybrid():
                kind = "hybrid property"
            case AssociationProxy():
                kind = f"association proxy of {attribute.target}.{attribute.value}"
            case _:
                continue
        yield ((attribute.name, "path"), (f"  {kind}", "quiet"))
