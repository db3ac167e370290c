"""What a query has to load: a tree of relationships below an entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detachlint.domain.models import Column, Lazy, ModelGraph, Relationship

# A loop over parents or children is seen to read this many levels.
LEVELS_OF_A_LOOP = 3
_NEVER_EAGER = frozenset({Lazy.DYNAMIC, Lazy.WRITE_ONLY})


@dataclass(frozen=True, slots=True)
class Load:
    """A relationship or deferred column to load.

    Args:
        owner: the entity it is read of.
        recursive: it leads to its own class, as far as there are rows.
    """

    owner: str
    attribute: Relationship | Column
    below: tuple[Load, ...] = ()
    recursive: bool = False

    @property
    def option(self) -> str:
        """The loader that suits: a join for one object, a second query for many."""
        match self.attribute:
            case Column():
                return "undefer"
            case Relationship(uselist=uselist):
                return "selectinload" if uselist or self.recursive else "joinedload"


def loads_of(graph: ModelGraph, entity: str, ways: Iterable[tuple[str, ...]]) -> tuple[Load, ...]:
    """The tree for ways from an entity; what no option can load is left out."""
    firsts: dict[str, set[tuple[str, ...]]] = {}
    for first, *rest in ways:
        firsts.setdefault(first, set()).add(tuple(rest))
    known = graph.entities.get(entity)
    loads: list[Load] = []
    for name in sorted(firsts):
        attribute = known.attributes.get(name) if known is not None else None
        below = {way for way in firsts[name] if way}
        match attribute:
            case Column():
                loads.append(Load(entity, attribute))
            case Relationship(lazy=lazy) if lazy not in _NEVER_EAGER:
                endless = (name,) * (LEVELS_OF_A_LOOP - 1)
                recursive = any(way[: len(endless)] == endless for way in below)
                nested = () if recursive else loads_of(graph, attribute.target or "", below)
                loads.append(Load(entity, attribute, nested, recursive))
            case _:
                pass
    return tuple(loads)


def each_of(loads: Iterable[Load]) -> Iterator[Load]:
    """All loads of a tree."""
    for load in loads:
        yield load
        yield from each_of(load.below)


def joins_collection(graph: ModelGraph, entity: str, loads: tuple[Load, ...], depth: int = 0) -> bool:
    """Whether a collection comes by a JOIN that the mapping asks for, so that rows repeat."""
    known = graph.entities.get(entity)
    chosen = {load.attribute.name: load for load in loads}
    for attribute in known.relationships if known is not None and depth < LEVELS_OF_A_LOOP else ():
        load = chosen.get(attribute.name)
        joined = load.option == "joinedload" if load is not None else attribute.lazy is Lazy.JOINED
        if joined and (
            attribute.uselist
            or joins_collection(
                graph, attribute.target or "", load.below if load is not None else (), depth + 1
            )
        ):
            return True
    return False


def in_words(loads: Iterable[Load]) -> str:
    """``class_instance (instructor, template), user``."""
    return ", ".join(
        load.attribute.name + (f" ({in_words(load.below)})" if load.below else "") for load in loads
    )
