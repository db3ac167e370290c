"""A join where a foreign key refers to what can't be seen: a computed table name, a library's base."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.models import Direction
from detachlint.models.drafts import Draft, RelationshipDraft
from detachlint.models.joins import Join, Resolved, Term
from detachlint.models.tables import ColumnRef, snake_case

_SUFFIXES = ("_id", "_uuid", "_pk", "_key")


def guess_join(
    draft: Draft,
    target: Draft,
    written: RelationshipDraft,
    reverse: str | None,
    keys: tuple[tuple[ColumnRef, ...], tuple[ColumnRef, ...]],
    resolved: Resolved,
) -> Join | None:
    """The join that the names tell: ``user`` beside a foreign key ``user_id`` whose target is unknown.

    Args:
        reverse: name of the attribute on the other side.
        keys: the primary keys of both classes.
    """
    own_key, target_key = keys
    is_collection = written.annotation is not None and bool(written.annotation.collection)
    if not is_collection and len(target_key) == 1:
        for column in _open_foreign_keys(draft, [written.name, target.mapped.info.name], resolved):
            return Join(((Term(column, foreign=True), Term(target_key[0], remote=True)),))
    if len(own_key) == 1:
        for column in _open_foreign_keys(target, [reverse or "", draft.mapped.info.name], resolved):
            return Join(((Term(own_key[0]), Term(column, foreign=True, remote=True)),))
    return None


def _open_foreign_keys(draft: Draft, stems: list[str], resolved: Resolved) -> Iterator[ColumnRef]:
    """Columns of a class with a foreign key to something unknown, named after one of the stems."""
    names = {snake_case(stem) + suffix for stem in stems if stem for suffix in _SUFFIXES}
    return (ref for name, ref in _unseen(draft, resolved) if name in names)


def _unseen(draft: Draft, resolved: Resolved) -> Iterator[tuple[str, ColumnRef]]:
    """Attributes of a class whose foreign key refers to something unknown."""
    for level in draft.inherits():
        known = {
            own for c in (level.table.constraints if level.table else ()) for own, _ in resolved.get(c, ())
        }
        for name, column in level.columns.items():
            has_target = column.table_column is not None and bool(column.table_column.targets)
            ref = level.refs.get(name)
            if has_target and ref is not None and ref not in known:
                yield name, ref


def guess_direction(
    draft: Draft,
    target: Draft | None,
    written: RelationshipDraft,
    foreign: frozenset[ColumnRef],
    resolved: Resolved,
) -> Direction:
    """Without any foreign key: a collection is one-to-many; ``user`` beside ``user_id`` is many-to-one.

    What refers to a class of a library, of which nothing is known, has the foreign key itself if it has one
    to what can't be seen: a library doesn't refer to the tables of those who use it.

    Args:
        foreign: the columns that the relationship names as ``foreign_keys``.
    """
    if written.annotation is not None and written.annotation.collection:
        return Direction.ONE_TO_MANY
    if foreign and all(draft.attribute_of(ref) for ref in foreign):
        return Direction.MANY_TO_ONE
    if target is None and any(_unseen(draft, resolved)):
        return Direction.MANY_TO_ONE
    if any(draft.has(written.name + suffix) for suffix in _SUFFIXES):
        return Direction.MANY_TO_ONE
    if written.annotation is not None and written.annotation.container == "Mapped":
        stem = snake_case(draft.mapped.info.name)
        refers_back = target is not None and any(target.has(stem + suffix) for suffix in _SUFFIXES)
        return Direction.ONE_TO_MANY if refers_back else Direction.MANY_TO_ONE
    return Direction.ONE_TO_MANY
