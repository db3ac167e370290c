"""What a column attribute owes to its table: primary key and foreign keys."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detachlint.domain.models import Column
from detachlint.models.drafts import Draft
from detachlint.models.join_expressions import JoinExpressions
from detachlint.models.joins import Resolved


@dataclass(frozen=True, slots=True)
class TableFacts:
    """Completes the columns of a class."""

    expressions: JoinExpressions
    constraints: Resolved

    def of(self, draft: Draft) -> dict[str, Column]:
        """The class's own columns.

        Under joined inheritance the primary key is the root's, not a sub-table's column of another name.
        """
        key = {draft.attribute_of(ref) for ref in self.expressions.primary_key(draft)}
        references: dict[str, list[str]] = {}
        for constraint in draft.table.constraints if draft.table is not None else ():
            for own, other in self.constraints.get(constraint, ()):
                references.setdefault(own.name, []).append(str(other))
        return {
            name: replace(
                written.column,
                primary_key=name in key,
                foreign_keys=tuple(references.get(written.column.column, ())) or written.written_targets,
            )
            for name, written in draft.columns.items()
        }
