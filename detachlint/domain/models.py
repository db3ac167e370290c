"""The relationship graph: what the mapped classes say about themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from detachlint.domain.source import Problem, Site


class Lazy(StrEnum):
    """The values of ``relationship(lazy=)``."""

    SELECT = "select"
    JOINED = "joined"
    SELECTIN = "selectin"
    SUBQUERY = "subquery"
    IMMEDIATE = "immediate"
    RAISE = "raise"
    RAISE_ON_SQL = "raise_on_sql"
    NOLOAD = "noload"
    WRITE_ONLY = "write_only"
    DYNAMIC = "dynamic"

    @property
    def is_eager(self) -> bool:
        return self in (Lazy.JOINED, Lazy.SELECTIN, Lazy.SUBQUERY, Lazy.IMMEDIATE)


class Direction(StrEnum):
    """Seen from the class that holds the attribute; one-to-one is one of the first two with
    ``uselist=False``.
    """

    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    MANY_TO_MANY = "many-to-many"


class Inheritance(StrEnum):
    JOINED = "joined"
    SINGLE = "single"
    CONCRETE = "concrete"


class ServerValue(StrEnum):
    """Who computes a column's value on UPDATE or INSERT."""

    NONE = "none"
    PYTHON = "python"
    SQL = "sql"


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped column, a ``column_property`` (``expression`` is true) or a ``query_expression``.

    Args:
        name: attribute name, not the column's name in the table.
        column: the column's name in the table.
        foreign_keys: ``table.column`` strings the column refers to.
        onupdate: value on UPDATE; SQL means that the attribute is unloaded by the flush.
        server_onupdate: the column has ``server_onupdate=FetchedValue()`` or the like.
        server_default: has a server default (fetched by RETURNING on INSERT where eager_defaults allows).
    """

    name: str
    site: Site
    column: str = ""
    primary_key: bool = False
    nullable: bool = True
    foreign_keys: tuple[str, ...] = ()
    deferred: bool = False
    deferred_group: str | None = None
    deferred_raiseload: bool = False
    expression: bool = False
    onupdate: ServerValue = ServerValue.NONE
    default: ServerValue = ServerValue.NONE
    server_onupdate: bool = False
    server_default: bool = False
    active_history: bool = False
    python_type: str | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship attribute.

    Args:
        owner: qualified name of the mapped class that the attribute was declared on (or given by a backref).
        target: qualified name of the target entity; None when it could not be resolved.
        target_name: as written, for messages.
        reverse: name of the attribute on the other side, from back_populates or backref.
        get_from: for a many-to-one whose join is exactly foreign key -> target primary key: the names of this
            class's foreign key *attributes*, in the order of the target's primary key; empty where the
            identity map can't answer. A one-to-one over a shared primary key is answered by it too, from both
            sides.
        refers_by: the same for a join that asks more than that: what it finds is the row of that key.
        collection: ``list``, ``set``, ``dict`` or "" for a scalar.
        database_deletes: the foreign keys have ``ON DELETE CASCADE``: the database deletes the rows.
        loads_rows_on_write: setting it loads the old value (active_history).
        synthetic: made by a backref on the other side.
        is_typed: a type checker takes it for a mapped attribute.
    """

    name: str
    site: Site
    owner: str
    target: str | None
    target_name: str
    direction: Direction
    uselist: bool
    lazy: Lazy = Lazy.SELECT
    reverse: str | None = None
    secondary: str | None = None
    get_from: tuple[str, ...] = ()
    refers_by: tuple[str, ...] = ()
    collection: str = ""
    cascade: frozenset[str] = frozenset({"save-update", "merge"})
    passive_deletes: bool = False
    database_deletes: bool = False
    viewonly: bool = False
    join_depth: int | None = None
    active_history: bool = False
    synthetic: bool = False
    in_repr: bool = True
    in_compare: bool = True
    has_default: bool = False
    is_typed: bool = True


@dataclass(frozen=True, slots=True)
class Hybrid:
    """A ``hybrid_property``: on an instance it runs the function of that name in the class."""

    name: str
    site: Site


@dataclass(frozen=True, slots=True)
class AssociationProxy:
    """``association_proxy(target, value)``: reads ``self.<target>`` and from each object ``.<value>``."""

    name: str
    site: Site
    target: str
    value: str


@dataclass(frozen=True, slots=True)
class Synonym:
    """``synonym(name)``, and a composite (``targets`` are its columns)."""

    name: str
    site: Site
    targets: tuple[str, ...]


Attribute = Column | Relationship | Hybrid | AssociationProxy | Synonym


@dataclass(frozen=True, slots=True)
class Entity:
    """A mapped class.

    Args:
        qualname: ``package.module.Class``; the key everywhere.
        parent: the mapped class it inherits its mapping from, or None.
        attributes: own and inherited mapped attributes by name, in declaration order.
        is_dataclass: MappedAsDataclass or ``@mapped_as_dataclass``: has generated ``__init__``, ``__repr__``,
            ``__eq__``.
        dataclass_repr: the generated ``__repr__`` exists (``repr=False`` turns it off; so does an own
            ``__repr__``).
        eager_defaults: mapper argument: True, False, or None for "auto".
        polymorphic_load: ``selectin``, ``inline`` or None.
        with_polymorphic: mapper argument ``with_polymorphic="*"``.
        is_table_model: an SQLModel class with ``table=True`` (also a pydantic model).
    """

    qualname: str
    name: str
    module: str
    site: Site
    table: str | None
    attributes: Mapping[str, Attribute]
    parent: str | None = None
    inheritance: Inheritance | None = None
    is_dataclass: bool = False
    dataclass_repr: bool = False
    dataclass_eq: bool = False
    eager_defaults: bool | None = None
    polymorphic_load: str | None = None
    with_polymorphic: bool = False
    is_table_model: bool = False

    @property
    def primary_key(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.attributes.values() if isinstance(a, Column) and a.primary_key)

    @property
    def relationships(self) -> Iterator[Relationship]:
        return (a for a in self.attributes.values() if isinstance(a, Relationship))

    @property
    def columns(self) -> Iterator[Column]:
        return (a for a in self.attributes.values() if isinstance(a, Column))


@dataclass(frozen=True, slots=True)
class ModelGraph:
    """All mapped classes of a program.

    Args:
        problems: their lines are 1; the place of each is at the same index of ``problem_sites``.
    """

    entities: Mapping[str, Entity] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    problem_sites: tuple[Site, ...] = ()
    _lineages: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def lineage(self, qualname: str) -> Iterator[str]:
        """The entity and its mapped ancestors, nearest first."""
        current: str | None = qualname
        seen: set[str] = set()
        while current is not None and current not in seen and current in self.entities:
            seen.add(current)
            yield current
            current = self.entities[current].parent

    def is_a(self, qualname: str, ancestor: str) -> bool:
        known = self._lineages.get(qualname)
        if known is None:
            known = self._lineages[qualname] = frozenset(self.lineage(qualname))
        return ancestor in known

    def descendants(self, qualname: str) -> tuple[str, ...]:
        """Mapped subclasses, without the class itself, sorted."""
        return tuple(sorted(q for q in self.entities if q != qualname and self.is_a(q, qualname)))
