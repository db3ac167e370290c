"""One fault, one code: which rule a read belongs to."""

from __future__ import annotations

from detachlint.domain.facts import Cause, Failure, Place, Read
from detachlint.domain.models import Relationship
from detachlint.rule import RuleContext

PROTOCOL_METHODS = frozenset(
    {"__repr__", "__rich_repr__", "__str__", "__format__", "__hash__", "__bool__", "__len__"}
    | {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}
)
"""Methods that Python or a library calls where the reader of the code sees no call."""

_PLACES = {Place.SCHEMA: "DET108", Place.SERIALISER: "DET108", Place.TEMPLATE: "DET109"}

_CAUSES = {
    Cause.RAISE: "DET104",
    Cause.EXPIRED: "DET105",
    Cause.EXPIRED_COMMIT: "DET105",
    Cause.EXPIRED_ROLLBACK: "DET105",
    Cause.EXPIRED_REFRESH: "DET105",
    Cause.DEFERRED: "DET106",
    Cause.SERVER_VALUE: "DET112",
    Cause.DYNAMIC: "DET203",
    Cause.CHAIN_STOPS: "DET103",
}

_FAILURES = {
    Failure.DETACHED: "DET102",
    Failure.MISSING_GREENLET: "DET101",
    Failure.INVALID_REQUEST: "DET104",
}


def classify(read: Read, context: RuleContext) -> str | None:
    """The code that a read is reported under; None when it is no fault by itself.

    A read that works is looked at first, as nothing fails there. Otherwise the place decides, then the way
    that the object took, then the cause, then the error.
    """
    if read.cause is Cause.IDENTITY_MAP and not context.config.strict:
        # Where SQL works, nothing fails either way.
        return None if read.failure is Failure.LAZY_QUERY else "DET113"
    if not read.certain:
        return "DET001" if context.config.strict else None
    if read.cause is Cause.IDENTITY_MAP or read.failure is Failure.WORKS:
        return "DET113"
    if read.failure is Failure.LAZY_QUERY:
        return "DET107" if read.many else None
    if read.failure is Failure.SILENT or read.cause is Cause.NOLOAD:
        return "DET204"
    return _PLACES.get(read.place) or _by_way(read) or _by_cause(read, context) or _FAILURES[read.failure]


def _by_way(read: Read) -> str | None:
    if read.outlives:
        return "DET110"
    return "DET111" if read.writes else None


def _by_cause(read: Read, context: RuleContext) -> str | None:
    if read.cause in _CAUSES:
        return _CAUSES[read.cause]
    if read.cause is Cause.NEW_OBJECT and _has_default(read, context):
        return "DET205"
    if read.method:
        return "DET201" if read.method in PROTOCOL_METHODS else "DET202"
    return None


def _has_default(read: Read, context: RuleContext) -> bool:
    entity = context.models.entities.get(read.entity)
    attribute = entity.attributes.get(read.attribute) if entity else None
    return isinstance(attribute, Relationship) and attribute.has_default
