"""Load plans: what a query's options and the mapping load from an entity on.

Sources: orm/queryguide/relationships.html, orm/queryguide/columns.html.
"""

from __future__ import annotations

import dataclasses

from msgspec import Struct
from msgspec.structs import replace

from detachlint.domain.models import Direction, Lazy, ModelGraph, Relationship
from detachlint.frameworks.sqlalchemy.observers.demand import Way
from detachlint.interpret.heap import Plan
from detachlint.interpret.values import Directive, Hop

LOADS = frozenset({"selectin", "joined", "subquery", "immediate", "contains_eager"})
# Strategies of columns after which a row is not whole.
LEAVES_OUT = frozenset({"load_only", "defer", "defer_raise"})
UNKNOWN = "unknown"
# The entity of a wildcard that holds at one place only: ``selectinload(A.bs).raiseload("*")``.
HERE = "*"
# How far plans are followed when all that a query loads is asked for.
MAX_DEPTH = 4
MAPPING = "mapping"
OPTION = "option"


class Strategy(Struct, frozen=True):
    """How a relationship of an entity is loaded: ``lazy`` and whether an option or the mapping says so."""

    lazy: Lazy
    explicit: bool
    uncertain: bool = False


def matches(graph: ModelGraph, hop: Hop, entity: str) -> bool:
    """Whether a step of a loader option begins at the class, at one above it or at one below."""
    return (
        hop.entity in ("", HERE)
        or hop.entity == entity
        or graph.is_a(entity, hop.entity)
        or graph.is_a(hop.entity, entity)
    )


def strategy(graph: ModelGraph, plan: Plan, entity: str, attribute: Relationship) -> Strategy:
    """The loader strategy in force for ``attribute`` of an ``entity`` that was loaded with ``plan``."""
    explicit: str | None = None
    wildcard: str | None = None
    uncertain = False
    for directive in plan.directives:
        if len(directive.path) != 1:
            continue
        hop = directive.path[0]
        if not matches(graph, hop, entity):
            continue
        if hop.name == attribute.name and directive.strategy != "path":
            explicit = directive.strategy
        elif hop.name == "*":
            if directive.strategy == UNKNOWN:
                uncertain = True
            else:
                wildcard = directive.strategy
    chosen = explicit or wildcard
    if chosen is None:
        return Strategy(attribute.lazy, False, uncertain)
    lazy = Lazy.JOINED if chosen == "contains_eager" else Lazy(chosen)
    return Strategy(lazy, explicit is not None, False)


def is_loaded(graph: ModelGraph, plan: Plan, entity: str, attribute: Relationship) -> bool | None:
    """Whether the query loads the relationship; None when nobody knows."""
    found = strategy(graph, plan, entity, attribute)
    if found.lazy is Lazy.IMMEDIATE and not attribute.uselist:
        if plan.immediate:
            return None  # it is for one object, and for none of several
        if graph.descendants(entity) or (not found.explicit and _is_cyclic(graph, plan, entity, attribute)):
            return None  # only the identity map is asked; for rows of a subclass too
    if found.lazy.is_eager:
        if found.explicit:
            return True
        loaded = attribute
        if loaded.lazy is not found.lazy:
            loaded = dataclasses.replace(attribute, lazy=found.lazy)
        if not _is_cyclic(graph, plan, entity, loaded):
            return None if plan.other and _is_cyclic(graph, _other_way(plan), entity, loaded) else True
        # Who says how deep a tree is loaded knows how deep it is; whether that is enough, nobody else does.
        return None if (attribute.join_depth or 0) > 1 else False
    if found.uncertain:
        return None
    return False


def _other_way(plan: Plan) -> Plan:
    return replace(plan, path=plan.other, select_from=0, other=())


def _is_cyclic(graph: ModelGraph, plan: Plan, entity: str, attribute: Relationship) -> bool:
    """Mapping-level eager loading stops at the first mapper that is on the path already, or at
    ``join_depth``.

    A join looks at the hops of its own SELECT only; an ``immediate`` collection never stops.
    """
    if attribute.lazy is Lazy.IMMEDIATE and attribute.uselist:
        return False
    if attribute.join_depth is not None:
        return plan.path.count(entity) > attribute.join_depth
    path = plan.path or (entity,)
    if attribute.lazy is Lazy.JOINED:
        path = path[plan.select_from :]
    elif plan.reload and len(path) > 1:
        path = path[1:]
    target = attribute.target or ""
    return target in path or any(graph.is_a(each, target) for each in path)


def is_everywhere(directive: Directive) -> bool:
    """Whether the option holds for all that the query loads: ``raiseload("*")``, ``undefer("*")``. It does
    not stay with the objects, for what is loaded later.
    """
    hop = directive.path[0]
    return not hop.entity and (hop.name == "*" or (not hop.name and "*" in directive.names))


def child_plan(graph: ModelGraph, plan: Plan, entity: str, attribute: Relationship) -> Plan:
    """The plan of the objects that ``attribute`` leads to."""
    below: list[Directive] = []
    polymorphic: list[str] = []
    reached = MAPPING
    lazy = strategy(graph, plan, entity, attribute).lazy
    for directive in plan.directives:
        hop = directive.path[0] if directive.path else None
        if hop is None:
            continue
        if is_everywhere(directive):
            if lazy in (Lazy.JOINED, Lazy.SELECTIN, Lazy.SUBQUERY):
                below.append(directive)
        elif hop.name == attribute.name and matches(graph, hop, entity):
            polymorphic += hop.of_type
            if len(directive.path) > 1:
                below.append(replace(directive, path=directive.path[1:]))
            elif directive.strategy in LOADS:
                reached = OPTION
                if directive.recursion:
                    below.append(replace(directive, recursion=max(-1, directive.recursion - 1)))
    target = attribute.target or ""
    path = (*(plan.path or (entity,)), target)
    joined = lazy is Lazy.JOINED
    if lazy is Lazy.SUBQUERY and plan.separate:
        below = []  # the subquery does not hand them on
    elif lazy not in (Lazy.JOINED, Lazy.SELECTIN, Lazy.SUBQUERY):
        below += way_back(graph, attribute)
    select_from = plan.select_from if joined else len(path) - 1
    to_one = not attribute.uselist
    cut = max(0, len(path) - 8)
    return Plan(
        tuple(below),
        path[cut:],
        tuple(polymorphic),
        reached,
        to_one,
        max(0, select_from - cut),
        plan.loads,
        plan.repeated,
        plan.way.on(attribute.name) if isinstance(plan.way, Way) else None,
        plan.separate or lazy in (Lazy.SELECTIN, Lazy.IMMEDIATE),
        plan.immediate if joined else lazy is Lazy.IMMEDIATE and to_one,
        plan.reload and joined,
        plan.lazily if joined else plan.reload or lazy not in (Lazy.SELECTIN, Lazy.SUBQUERY),
        other=(*plan.other, target)[-8:] if plan.other else (),
        beside=plan.beside,
    )


def way_back(graph: ModelGraph, attribute: Relationship) -> list[Directive]:
    """The lazy load of what refers to an object leaves the way back to the identity map, whatever the mapping
    says: that it is loaded at once, or never.
    """
    target = graph.entities.get(attribute.target or "")
    back = target.attributes.get(attribute.reverse or "") if target is not None else None
    if isinstance(back, Relationship) and back.get_from and (back.lazy.is_eager or back.lazy is Lazy.NOLOAD):
        return [Directive((Hop(attribute.target or "", back.name),), Lazy.SELECT.value)]
    return []


def root_plan(
    graph: ModelGraph,
    directives: tuple[Directive, ...],
    entity: str,
    polymorphic: tuple[str, ...] = (),
    *,
    filtered: bool = True,
) -> Plan:
    """The plan of a query's own entity.

    Args:
        filtered: the query does not return all rows; if it did, what its own rows have loaded, further ones
            have too.
    """
    if not directives:
        return Plan((), (entity,), polymorphic)
    loads: set[tuple[str, str]] = set()
    reached: dict[str, set[tuple[str, ...]]] = {entity: {()}}
    for directive in directives:
        for depth, hop in enumerate(directive.path, 1):
            owner = graph.entities.get(hop.entity)
            attribute = owner.attributes.get(hop.name) if owner is not None else None
            if isinstance(attribute, Relationship) and attribute.target is not None:
                way = tuple(h.name for h in directive.path[:depth])
                reached.setdefault(attribute.target, set()).add(way)
                last = depth == len(directive.path) and directive.strategy in LOADS
                if last and (depth > 1 or not filtered):
                    loads.add((hop.entity, hop.name))
    repeated = frozenset(e for e, ways in reached.items() if len(ways) > 1)
    if any(d.strategy in LEAVES_OUT for d in directives):
        # A row that an option cuts short may come whole from a place that the mapping loads.
        along = [e for e, _ in places(graph, Plan(directives, (entity,), polymorphic), entity)]
        repeated |= {e for e in along if e == entity or along.count(e) > 1}
    return Plan(
        directives,
        (entity,),
        polymorphic,
        loads=frozenset(loads) if repeated else frozenset(),
        repeated=repeated,
    )


def anew(plan: Plan, entity: str) -> Plan:
    """The plan by which the row of an object is read again: its query's options stay with it, but for those
    that need the query's own joins.
    """
    held = dict.fromkeys((*plan.directives, *plan.later))
    directives = tuple(d for d in held if d.strategy != "contains_eager" and not is_everywhere(d))
    kept = tuple(d for d in directives if not d.path[0].alias)
    return replace(plan, directives=kept, path=(entity,), select_from=0, reload=bool(kept), later=())


def immediately(plan: Plan, entity: str, attribute: Relationship) -> Plan:
    """The plan by which an object that was there before gets a relationship for which another query says
    ``immediate``: a lazy load, which follows the options of the object's own query.
    """
    immediate = Directive((Hop(entity, attribute.name),), Lazy.IMMEDIATE.value)
    return replace(plan, directives=(*plan.directives, immediate))


def inverse(graph: ModelGraph, entity: str, attribute: Relationship) -> Relationship | None:
    """The relationship that leads back: the declared one, else the only one over the same foreign key."""
    target = graph.entities.get(attribute.target or "")
    if target is None:
        return None
    if attribute.reverse is not None:
        found = target.attributes.get(attribute.reverse)
        return found if isinstance(found, Relationship) else None
    if attribute.direction is Direction.MANY_TO_MANY:
        same = [
            r
            for r in target.relationships
            if r.secondary == attribute.secondary
            and r.target is not None
            and r is not attribute
            and graph.is_a(entity, r.target)
        ]
        return same[0] if len(same) == 1 and attribute.secondary is not None else None
    opposite = (
        Direction.ONE_TO_MANY if attribute.direction is Direction.MANY_TO_ONE else Direction.MANY_TO_ONE
    )
    back = [
        r
        for r in target.relationships
        if r.direction is opposite
        and r.reverse in (None, attribute.name)  # `back_populates` may stand on one side only
        and r.target is not None
        and graph.is_a(entity, r.target)
    ]
    own = graph.entities[entity].relationships
    forth = [r for r in own if r.direction is attribute.direction and r.target == attribute.target]
    return back[0] if len(back) == 1 and len(forth) == 1 else None


def on_subclass(graph: ModelGraph, plan: Plan, entity: str, name: str) -> bool:
    """Whether the attribute belongs to a subclass of what was queried, and the query did not load that
    subclass.
    """
    queried = plan.path[-1] if plan.path else entity
    base = graph.entities.get(queried)
    if base is None or queried == entity or name in base.attributes:
        return False
    if base.with_polymorphic:
        return False
    for each in graph.lineage(entity):
        if each == queried:
            break
        if (
            each in plan.polymorphic
            or "*" in plan.polymorphic
            or graph.entities[each].polymorphic_load is not None
        ):
            return False
    for directive in plan.directives:
        if directive.strategy == "polymorphic" and any(graph.is_a(entity, n) for n in directive.names):
            return False
    return True


class _Hop(Struct, frozen=True):
    """The relationship that leads to a place, and the plan of the entity that has it."""

    entity: str
    plan: Plan
    relationship: Relationship


def places(
    graph: ModelGraph,
    plan: Plan,
    entity: str,
    *,
    back: bool = True,
    above: _Hop | None = None,
    depth: int = 0,
) -> tuple[tuple[str, Plan], ...]:
    """The entities that a query loads along with its own, each with the plan from there on.

    Args:
        back: with those that a relationship leads back to, as ``user.orders[0].user``. That is an
            object of another place, on which nothing more is loaded.
    """
    found: tuple[tuple[str, Plan], ...] = ()
    known = graph.entities.get(entity)
    if known is None or depth > MAX_DEPTH:
        return found
    for relationship in known.relationships:
        target = relationship.target
        if target is None or target not in graph.entities or not is_loaded(graph, plan, entity, relationship):
            continue
        below = child_plan(graph, plan, entity, relationship)
        if back or above is None or not _leads_back(graph, above, relationship, below):
            found += ((target, below),)
        hop = _Hop(entity, plan, relationship)
        found += places(graph, below, target, back=back, above=hop, depth=depth + 1)
    return tuple(dict.fromkeys(found))


def _leads_back(graph: ModelGraph, above: _Hop, relationship: Relationship, below: Plan) -> bool:
    """Whether the relationship gives the object that the hop above came from, with nothing more loaded."""
    if relationship.uselist or relationship.target != above.entity:
        return False
    if inverse(graph, above.entity, above.relationship) != relationship:
        return False
    return all(
        is_loaded(graph, above.plan, above.entity, each)
        for each in graph.entities[above.entity].relationships
        if is_loaded(graph, below, above.entity, each)
    )
