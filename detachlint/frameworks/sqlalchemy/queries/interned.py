"""Plans of which there is one object each: what was worked out for a plan is found again by the object."""

from __future__ import annotations

from dataclasses import dataclass, field

from detachlint.domain.models import Relationship
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Plan


@dataclass(slots=True)
class _Interned:
    plans: dict[Plan, Plan] = field(default_factory=dict)
    below: dict[tuple[Plan, str, str], Plan] = field(default_factory=dict)


def interned(frame: Frame, plan: Plan) -> Plan:
    """The plan that all equal ones are."""
    return frame.machine.note(_Interned).plans.setdefault(plan, plan)


def plan_below(frame: Frame, plan: Plan, entity: str, attribute: Relationship) -> Plan:
    """The plan of the objects that a relationship leads to."""
    cache = frame.machine.note(_Interned).below
    key = (plan, entity, attribute.name)
    known = cache.get(key)
    if known is None:
        known = interned(frame, plans.child_plan(frame.machine.graph, plan, entity, attribute))
        cache[key] = known
    return known
