"""What a program reads of the objects of its queries."""

from __future__ import annotations

from dataclasses import dataclass

from detachlint.domain.source import Site


@dataclass(frozen=True, slots=True, order=True)
class Criterion:
    """A column that a query compares with a value.

    Args:
        type: dotted name of the type of its values, or "" where it isn't known.
        is_none: it is compared with None.
    """

    attribute: str
    type: str = ""
    is_none: bool = False


@dataclass(frozen=True, slots=True)
class QueryDemand:
    """A query for one entity, and what the program reads of the objects that it returns.

    Args:
        criteria: what decides which rows come; None where that is more than columns that equal values.
        order: the columns it is ordered by.
        many: its rows are taken, and not only one of them.
        is_async: its session is asynchronous.
        ways: relationships that are read, each as the names on the way from the entity to it; the last name
            may be that of a deferred column.
    """

    site: Site
    entity: str
    criteria: tuple[Criterion, ...] | None
    order: tuple[str, ...]
    many: bool
    limited: bool
    is_async: bool
    ways: tuple[tuple[str, ...], ...]
