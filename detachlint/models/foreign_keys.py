"""What each foreign key constraint refers to, once all tables are known."""

from __future__ import annotations

from collections.abc import Iterable

from detachlint.models.drafts import Draft
from detachlint.models.join_expressions import JoinExpressions
from detachlint.models.joins import Resolved
from detachlint.models.tables import ColumnRef, Table, Tables, Target, split_target


def resolve_foreign_keys(drafts: Iterable[Draft], tables: Tables, expressions: JoinExpressions) -> Resolved:
    """The columns on both sides of every constraint that can be resolved."""
    by_table: dict[Table, Draft] = {}
    for draft in drafts:
        if draft.table is not None:
            by_table.setdefault(draft.table, draft)
    everything = tables.all()
    wanted = [t.text for table in everything for c in table.constraints for _, t in c.pairs if t.text]
    tables.rename_guessed(split_target(text)[0] for text in wanted)
    resolved: Resolved = {}
    for table in everything:
        near = by_table.get(table)
        for constraint in table.constraints:
            pairs = []
            for own, target in constraint.pairs:
                other = _referred(target, table, near, tables, expressions)
                if other is not None:
                    pairs.append((ColumnRef(table, own), other))
            if len(pairs) == len(constraint.pairs):
                resolved[constraint] = tuple(pairs)
    return resolved


def _referred(
    target: Target, table: Table, near: Draft | None, tables: Tables, expressions: JoinExpressions
) -> ColumnRef | None:
    if target.text is not None:
        name, column = split_target(target.text)
        found = tables.named(name, table.registry) if name else tables.named(column, table.registry)
        return ColumnRef(found, column) if found is not None else None
    return expressions.foreign(target.value, near) if target.value is not None else None
