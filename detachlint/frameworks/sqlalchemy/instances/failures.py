"""What is told of a read that fails, or may."""

from __future__ import annotations

from detachlint.domain.facts import Cause, Failure, Read, Step
from detachlint.domain.models import Column, Lazy, Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.sqlalchemy.instances import circumstances
from detachlint.frameworks.sqlalchemy.instances.attributes import (
    MAY_RAISE,
)
from detachlint.frameworks.sqlalchemy.instances.related import (
    each_of_many,
)
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Frame, shorten
from detachlint.interpret.heap import (
    EntityObject,
    Life,
    SessionObject,
)


def uncertain_failure(
    frame: Frame,
    obj: EntityObject,
    attribute: Column | Relationship,
    session: SessionObject | None,
    reason: str,
) -> Failure:
    """What a read does if the attribute turns out to be unloaded."""
    if reason == MAY_RAISE:
        return Failure.INVALID_REQUEST
    if isinstance(attribute, Relationship):
        lazy = plans.strategy(frame.machine.graph, obj.plan, obj.entity, attribute).lazy
        if lazy in (Lazy.RAISE, Lazy.RAISE_ON_SQL):
            return Failure.INVALID_REQUEST
        if lazy is Lazy.NOLOAD:
            return Failure.SILENT
    # A row that is deleted is read once more before, so that what has left the session then has its columns.
    kept = isinstance(attribute, Column) and session is not None and not session.is_async
    if session is None or (obj.life is Life.UNKNOWN and not kept):
        return Failure.DETACHED
    return Failure.MISSING_GREENLET if session.is_async else Failure.LAZY_QUERY


def emit_read(
    frame: Frame,
    obj: EntityObject,
    attribute: Column | Relationship,
    site: Site,
    failure: Failure,
    cause: Cause,
    *,
    certain: bool = True,
) -> None:
    """Note the read with all that rules ask about it.

    Args:
        certain: whether there is a path on which this happens.
    """
    reading = frame.reading
    history = obj.history
    if reading.site is not None and reading.site != site:
        history = shorten((*history, Step(site, f"`{attribute.name}` is read here")))
    frame.emit(
        Read(
            reading.site or site,
            obj.entity,
            attribute.name,
            failure,
            cause,
            place=reading.place,
            certain=certain,
            is_column=isinstance(attribute, Column),
            is_collection=isinstance(attribute, Relationship) and attribute.uselist,
            writes=frame.write_target == site.node,
            many=each_of_many(obj, attribute),
            method=reading_method(frame),
            outlives=obj.outlives,
            field=reading.field,
            queried=circumstances.base_of(frame, obj, attribute),
            outdated=circumstances.is_outdated(frame, obj, attribute),
        ),
        history,
    )


def reading_method(frame: Frame) -> str:
    """The model method that the read stands in, or ""."""
    function = frame.function
    if function is None or function.owner is None:
        return ""
    return function.name if function.owner.qualname in frame.machine.graph.entities else ""
