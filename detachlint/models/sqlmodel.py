"""SQLModel: ``Field(...)`` and ``Relationship(...)`` in terms of SQLAlchemy's own calls."""

from __future__ import annotations

from dataclasses import replace

from detachlint.domain.source import Site
from detachlint.models.annotations import Annotation
from detachlint.models.columns import ColumnDraft, read_column, with_targets
from detachlint.models.scope import Arguments, Construct, Value
from detachlint.models.tables import Target, on_delete
from detachlint.parse import ir


def read_field(
    name: str, site: Site, made: Construct | None, value: Value | None, annotation: Annotation
) -> ColumnDraft:
    """A column of a table model; ``value`` is what the field is given, a ``Field(...)`` or a default."""
    nullable = annotation.optional
    if made is None or made.name != "Field":
        default = {"default": value} if value is not None else {}
        draft = read_column(name, site, Construct("Column", Arguments([], default)), annotation)
        return replace(draft, column=replace(draft.column, nullable=nullable))
    given = made.arguments
    whole = given.given("sa_column")
    if whole is not None:
        return read_column(
            name, site, whole.construct() or Construct("Column", Arguments([], {})), annotation
        )
    positional: list[Value] = []
    extra = given.given("sa_column_args")
    if extra is not None:
        positional = list(extra.list())
    kept = ("primary_key", "nullable", "default", "default_factory")
    keywords = {k: v for k, v in given.keywords.items() if k in kept}
    first = given.first()
    if first is not None and not isinstance(first.node, ir.Opaque):  # Field(...) has no default
        keywords["default"] = first
    more = given.given("sa_column_kwargs")
    if more is not None:
        keywords.update(more.scope.items(more.node))
    draft = read_column(name, site, Construct("Column", Arguments(positional, keywords)), annotation)
    primary_key = draft.column.primary_key
    if "nullable" not in keywords:
        draft = replace(draft, column=replace(draft.column, nullable=nullable and not primary_key))
    foreign = given.given("foreign_key")
    return (
        draft if foreign is None else with_targets(draft, (Target(foreign.text(), foreign, on_delete(made)),))
    )


def relationship_arguments(made: Construct) -> Construct:
    """``Relationship(...)`` as the ``relationship(...)`` that SQLModel makes of it."""
    given = made.arguments
    whole = given.given("sa_relationship")
    if whole is not None:
        return whole.construct() or made
    keywords = {k: v for k, v in given.keywords.items() if k in ("back_populates", "passive_deletes")}
    link = given.given("link_model")
    if link is not None:
        keywords["secondary"] = link
    if given.flag("cascade_delete"):
        keywords["cascade_delete"] = given.keywords["cascade_delete"]
    more = given.given("sa_relationship_kwargs")
    if more is not None:
        keywords.update(more.scope.items(more.node))
    extra = given.given("sa_relationship_args")
    if extra is not None:
        keywords.update(zip(("secondary",), extra.list(), strict=False))  # they come after the target
    return Construct("relationship", Arguments([], keywords), made.root)
