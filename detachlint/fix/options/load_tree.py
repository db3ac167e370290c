"""What a query lacks, as a tree, and the tree as loader options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from detachlint.domain.edits import AddLoaderOptions
from detachlint.domain.models import Column, Lazy, ModelGraph, Relationship

Spell = Callable[[str], str]
"""From the name of a loader function, or the qualified name of a class, to how the file writes it."""

SUBCLASSES = "*"
"""In the place of an attribute: the columns of subclasses."""

_MAPPING_LOADERS = {Lazy.JOINED: "joinedload", Lazy.SELECTIN: "selectinload"}
"""The strategies of the mapping that an option keeps to. The others are slower than what is chosen otherwise,
and SQLAlchemy can take forever to write nested subqueries.
"""


@dataclass(slots=True)
class Load:
    """A relationship or column to load, and what to load from there on.

    Args:
        entity: the class that the attribute is named on.
        loader: ``joinedload``, ``selectinload``, ``undefer``, ``selectin_polymorphic`` ...
        alias: the variable that stands for the class in the query.
        by_mapping: for a column, whether the mapping defers it; otherwise an option does.
        classes: subclasses of ``entity`` whose own columns are to be loaded; then there is no attribute.
    """

    entity: str
    attribute: str
    loader: str
    below: dict[str, Load] = field(default_factory=dict)
    alias: str = ""
    by_mapping: bool = True
    classes: tuple[str, ...] = ()


def load_tree(actions: Iterable[AddLoaderOptions], graph: ModelGraph) -> dict[str, Load]:
    """What all of them together want, by the attributes of the query's own entity. What is on the way and is
    loaded already keeps its strategy.
    """
    roots: dict[str, Load] = {}
    for action in actions:
        level = roots
        for number, hop in enumerate(action.path):
            if action.subclass == hop.entity and number == len(action.path) - 1 and not action.column:
                _add_subclass(level, _owner(graph, action, number), action.subclass)
            name = hop.attribute
            if name not in level:
                level[name] = Load(hop.entity, name, "defaultload")
            # What a lazy load finds in the identity map no option of this query reaches.
            by_key = hop.lazily and not hop.to_many
            if by_key or (number == len(action.path) - 1 and not action.column):
                level[name].loader = _loader(graph, hop.entity, name, to_many=hop.to_many)
            level = level[name].below
        if action.column:
            owner = _owner(graph, action, len(action.path))
            if action.subclass:
                _add_subclass(level, owner, action.subclass)
                owner = action.subclass
            deferred = _is_deferred(graph, owner, action.column)
            if action.subclass and not deferred:
                continue
            level.setdefault(action.column, Load(owner, action.column, "undefer", by_mapping=deferred))
    return roots


def _owner(graph: ModelGraph, action: AddLoaderOptions, hops: int) -> str:
    """The class that the query asks for behind so many hops."""
    return (
        _target(graph, action.path[hops - 1].entity, action.path[hops - 1].attribute) if hops else action.root
    )


def _add_subclass(level: dict[str, Load], base: str, subclass: str) -> None:
    known = level.setdefault(SUBCLASSES, Load(base, SUBCLASSES, "selectin_polymorphic"))
    known.classes = tuple(dict.fromkeys((*known.classes, subclass)))


def _is_deferred(graph: ModelGraph, entity: str, name: str) -> bool:
    known = graph.entities.get(entity)
    attribute = known.attributes.get(name) if known is not None else None
    return isinstance(attribute, Column) and (attribute.deferred or attribute.expression)


def hops(leaf: Load) -> list[str]:
    """The relationships of one way, to the object that its end is an attribute of."""
    return [leaf.attribute, *hops(next(iter(leaf.below.values())))] if leaf.below else []


def end_of(leaf: Load) -> Load:
    """Where one way ends."""
    return end_of(next(iter(leaf.below.values()))) if leaf.below else leaf


def leaves(load: Load) -> Iterator[Load]:
    """Each way from the root to an end, as a tree of its own."""
    if not load.below:
        yield replace(load)
    for each in load.below.values():
        for leaf in leaves(each):
            yield replace(load, below={leaf.attribute: leaf})


def merge(loads: Iterable[Load]) -> list[Load]:
    """Trees that begin alike as one."""
    merged: dict[str, Load] = {}
    for load in loads:
        known = merged.get(load.attribute)
        if known is None:
            merged[load.attribute] = load
        else:
            known.classes = tuple(dict.fromkeys((*known.classes, *load.classes)))
            known.below = {
                each.attribute: each for each in merge([*known.below.values(), *load.below.values()])
            }
    return list(merged.values())


def _loader(graph: ModelGraph, entity: str, name: str, *, to_many: bool) -> str:
    known = graph.entities.get(entity)
    attribute = known.attributes.get(name) if known is not None else None
    if isinstance(attribute, Relationship) and attribute.lazy in _MAPPING_LOADERS:
        return _MAPPING_LOADERS[attribute.lazy]
    return "selectinload" if to_many else "joinedload"


def _target(graph: ModelGraph, entity: str, name: str) -> str:
    known = graph.entities.get(entity)
    attribute = known.attributes.get(name) if known is not None else None
    return (attribute.target or "") if isinstance(attribute, Relationship) else ""


def render(load: Load, library: Spell, entity: Spell, *, function: bool = True) -> str:
    """``joinedload(A.b).selectinload(B.c)``; several further loads stand in ``.options(...)``.

    Args:
        function: it begins with the loader function; otherwise it is a method of what comes before.
    """
    loader = library(load.loader) if function else load.loader
    if load.classes:
        listed = f"[{', '.join(entity(each) for each in load.classes)}]"
        base = f"{load.alias or entity(load.entity)}, " if function else ""
        return f"{loader}({base}{listed})"
    owner = load.alias or entity(load.entity)
    return f"{loader}({owner}.{load.attribute}){render_below(load, library, entity)}"


def render_below(load: Load, library: Spell, entity: Spell) -> str:
    """What goes behind an option for what is to be loaded further."""
    below = list(load.below.values())
    if not below:
        return ""
    if len(below) == 1:
        return "." + render(below[0], library, entity, function=False)
    return f".options({', '.join(render(each, library, entity) for each in below)})"
