"""A mapped class while the graph is being built: what its text says, before names and joins are resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from detachlint.domain.models import Attribute, Inheritance, Relationship
from detachlint.domain.source import Site
from detachlint.models.annotations import Annotation
from detachlint.models.columns import ColumnDraft
from detachlint.models.mapped_classes import MappedClass
from detachlint.models.mapper_arguments import MapperArguments
from detachlint.models.scope import Arguments, Scope
from detachlint.models.tables import ColumnRef, Table


@dataclass(frozen=True, slots=True, eq=False)
class RelationshipDraft:
    """A ``relationship(...)`` as written.

    Args:
        scope: where its arguments stand.
        root: the library whose function it is.
    """

    name: str
    site: Site
    arguments: Arguments
    annotation: Annotation | None
    scope: Scope
    root: str = ""


@dataclass(eq=False, slots=True)
class Draft:
    """A mapped class.

    Args:
        table: its own table; the parent's under single-table inheritance.
        tables: every table that its rows are in, the root's first.
        columns: its own column attributes.
        refs: the column of a table behind each of them.
        resolved: its own relationships, those that a backref makes included, once they are resolved.
        attributes: hybrids, association proxies, synonyms and composites.
    """

    mapped: MappedClass
    scope: Scope
    parent: Draft | None
    mapper: MapperArguments
    table: Table | None = None
    tables: tuple[Table, ...] = ()
    inheritance: Inheritance | None = None
    columns: dict[str, ColumnDraft] = field(default_factory=dict)
    refs: dict[str, ColumnRef] = field(default_factory=dict)
    relationships: dict[str, RelationshipDraft] = field(default_factory=dict)
    resolved: dict[str, Relationship] = field(default_factory=dict)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    @property
    def qualname(self) -> str:
        return self.mapped.qualname

    @property
    def registry(self) -> str:
        return self.mapped.root.registry

    def lineage(self) -> Iterator[Draft]:
        """Itself and the mapped classes above, nearest first."""
        current: Draft | None = self
        while current is not None:
            yield current
            current = current.parent

    def inherits(self) -> Iterator[Draft]:
        """The classes whose attributes it has: a concrete class has its own only."""
        for draft in self.lineage():
            yield draft
            if draft.inheritance is Inheritance.CONCRETE:
                return

    @property
    def inherits_attributes(self) -> bool:
        return self.inheritance is not Inheritance.CONCRETE

    def has(self, name: str) -> bool:
        return any(name in draft.names for draft in self.inherits())

    def column(self, name: str) -> ColumnRef | None:
        """The column behind an attribute."""
        for draft in self.inherits():
            if name in draft.refs:
                return draft.refs[name]
        return None

    def attribute_of(self, ref: ColumnRef) -> str | None:
        """The attribute that maps a column."""
        for draft in self.inherits():
            for name, known in draft.refs.items():
                if known == ref:
                    return name
        return None
