"""Join conditions, found as SQLAlchemy does: the columns compared, and which are foreign and which remote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from detachlint.domain.models import Direction
from detachlint.models.drafts import Draft
from detachlint.models.tables import ColumnRef, Constraint, Table

Resolved = dict[Constraint, tuple[tuple[ColumnRef, ColumnRef], ...]]


@dataclass(frozen=True, slots=True)
class Term:
    """One side of a comparison."""

    column: ColumnRef
    foreign: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A join condition.

    Args:
        pairs: columns compared with each other.
        is_plain: nothing but equalities of columns, joined by ``and``.
        needed: the places of those pairs whose equality the whole condition needs, where it is not plain.
    """

    pairs: tuple[tuple[Term, Term], ...]
    is_plain: bool = True
    needed: tuple[int, ...] = ()

    @property
    def terms(self) -> Iterable[Term]:
        return [term for pair in self.pairs for term in pair]

    @property
    def equalities(self) -> Join:
        """What it asks of the columns of both sides, without what else it asks."""
        return self if self.is_plain else Join(tuple(self.pairs[place] for place in self.needed))

    def reversed(self) -> Join:
        """As seen from the other side."""
        return replace(
            self,
            pairs=tuple(
                (replace(a, remote=not a.remote), replace(b, remote=not b.remote)) for a, b in self.pairs
            ),
        )


def cascades_on_delete(join: Join) -> bool:
    """Whether each foreign key of the join says ``ON DELETE CASCADE``."""
    foreign = [term.column for term in join.terms if term.foreign]
    return bool(foreign) and all(
        any(
            name == column.name and target.on_delete == "cascade"
            for constraint in column.table.constraints
            for name, target in constraint.pairs
        )
        for column in foreign
    )


def join_by_constraints(
    parent: Draft, child: Draft, resolved: Resolved, foreign: frozenset[ColumnRef]
) -> Join | None:
    """The one foreign key constraint between the tables of two classes; None where there is none."""
    found: dict[Constraint, list[tuple[ColumnRef, ColumnRef]]] = {}
    local = (parent.table,) if parent.table is not None else ()
    for left in (local, parent.tables):
        _collect(found, child.tables, left, resolved, foreign)
        if set(left) != set(child.tables):
            _collect(found, left, child.tables, resolved, foreign)
        if found:
            break
    if not found:
        return None
    if foreign and len(found) > 1:
        exact = {c: p for c, p in found.items() if {own for own, _ in resolved[c]} == foreign}
        found = exact or found
    pairs = next(iter(found.values()))
    return Join(tuple((Term(other), Term(own, foreign=True)) for own, other in pairs))


def _collect(
    found: dict[Constraint, list[tuple[ColumnRef, ColumnRef]]],
    holders: tuple[Table, ...],
    referred: tuple[Table, ...],
    resolved: Resolved,
    foreign: frozenset[ColumnRef],
) -> None:
    for table in holders:
        for constraint in table.constraints:
            for own, other in resolved.get(constraint, ()):
                if other.table in referred and (not foreign or own in foreign):
                    pairs = found.setdefault(constraint, [])
                    if (own, other) not in pairs:
                        pairs.append((own, other))


def mark_foreign(join: Join, resolved: Resolved, foreign: frozenset[ColumnRef]) -> Join:
    """Say which columns are foreign: annotated ones, else those given, else those that foreign keys tell."""
    if any(term.foreign for term in join.terms):
        return join
    if foreign:
        return _map(join, lambda t: replace(t, foreign=t.column in foreign))
    references = {pair for pairs in resolved.values() for pair in pairs}
    marked = []
    for left, right in join.pairs:
        if (left.column, right.column) in references:
            marked.append((replace(left, foreign=True), right))
        elif (right.column, left.column) in references:
            marked.append((left, replace(right, foreign=True)))
        else:
            marked.append((left, right))
    return replace(join, pairs=tuple(marked))


def mark_remote(join: Join, parent: Draft, child: Draft, remote: frozenset[ColumnRef]) -> Join:
    """Say which columns are remote: annotated ones, else those given, else by the tables they are in."""
    if any(term.remote for term in join.terms):
        return join
    if remote:
        return _map(join, lambda t: replace(t, remote=t.column in remote))
    if _refers_to_parent_table(join, parent, child):
        return _map(join, lambda t: replace(t, remote=t.foreign))
    if set(parent.tables) & set(child.tables):
        return replace(join, pairs=tuple(_overlapping(pair, parent, child) for pair in join.pairs))

    def is_remote(column: ColumnRef) -> bool:
        return column.table in child.tables and (
            column.table is not parent.table or column.table is child.table
        )

    return _map(join, lambda t: replace(t, remote=is_remote(t.column)))


def _overlapping(pair: tuple[Term, Term], parent: Draft, child: Draft) -> tuple[Term, Term]:
    left, right = pair
    if right.column.table in child.tables and left.column.table in parent.tables:
        right = replace(right, remote=True)
    if left.column.table in child.tables and right.column.table in parent.tables:
        left = replace(left, remote=True)
    return left, right


def _refers_to_parent_table(join: Join, parent: Draft, child: Draft) -> bool:
    return any(
        all(t.column.table in parent.tables and t.column.table in child.tables for t in pair)
        for pair in join.pairs
    )


def direction(join: Join, parent: Draft, child: Draft) -> Direction | None:
    """Where the foreign columns are; None where SQLAlchemy would refuse."""
    foreign = [term for term in join.terms if term.foreign]
    in_child = any(term.column.table in child.tables for term in foreign)
    in_parent = any(term.column.table in parent.tables for term in foreign)
    if in_child and in_parent:
        remote = {t.column for t in foreign if t.remote}
        local = {t.column for t in foreign if not t.remote}
        if remote and local:
            both = {t.column for t in join.terms if t.remote} & {t.column for t in join.terms if not t.remote}
            remote, local = remote - both, local - both
        if remote and not local:
            return Direction.ONE_TO_MANY
        return Direction.MANY_TO_ONE if local and not remote else None
    if in_child:
        return Direction.ONE_TO_MANY
    return Direction.MANY_TO_ONE if in_parent else None


def get_columns(
    join: Join, parent: Draft, primary_key: tuple[ColumnRef, ...], same: Equivalents
) -> tuple[str, ...]:
    """Attributes of the parent that ``Session.get`` is called with; empty where it can't be."""
    if not join.is_plain:
        return ()
    given: dict[ColumnRef, str] = {}
    for left, right in join.pairs:
        if left.remote == right.remote:
            return ()
        local, remote = (right, left) if left.remote else (left, right)
        name = parent.attribute_of(local.column)
        if name is None:
            return ()
        if remote.foreign and not primary_key:
            return ()
        given[same.root(remote.column)] = name
    # A class whose primary key can't be seen (a library's base) has one all the same: the one referred to.
    keys = [same.root(column) for column in primary_key] or list(given)
    if len(join.pairs) != len(keys) or set(given) != set(keys):
        return ()
    return tuple(given[key] for key in keys)


class Equivalents:
    """Columns that joined inheritance makes equal: the foreign key of a sub-table and what it refers to."""

    def __init__(self, draft: Draft, resolved: Resolved) -> None:
        self._up: dict[ColumnRef, ColumnRef] = {}
        for level in draft.lineage():
            above = level.parent.tables if level.parent is not None else ()
            if level.table is None or level.table in above:
                continue
            for constraint in level.table.constraints:
                for own, other in resolved.get(constraint, ()):
                    if other.table in above:
                        self._up.setdefault(own, other)

    def root(self, column: ColumnRef) -> ColumnRef:
        seen = {column}
        while column in self._up and self._up[column] not in seen:
            column = self._up[column]
            seen.add(column)
        return column


def _map(join: Join, change: Callable[[Term], Term]) -> Join:
    return replace(join, pairs=tuple((change(a), change(b)) for a, b in join.pairs))
