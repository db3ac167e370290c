"""The model graph of a random program: entities, their columns, and the links between them."""

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

Kind = Literal["one_to_many", "one_to_one", "many_to_many", "self"]
Style = Literal["back_populates", "backref", "separate"]

ENTITIES = (("User", "users"), ("Order", "orders"), ("Item", "items"), ("Tag", "tags"))
PLURALS = dict(ENTITIES)

# "noload" and the two that raise are rarer: most programs would end at the first of them.
LAZY = (
    *("select",) * 15,
    *("joined", "selectin", "selectin", "subquery", "immediate"),
    *("raise", "raise_on_sql", "noload"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column next to ``id`` and the foreign keys."""

    name: str
    source: str
    type: str
    deferred: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Relationship:
    """An attribute of ``entity``; ``source`` is its declaration, None when a backref creates it."""

    entity: str
    name: str
    target: str
    many: bool
    lazy: str
    foreign_key: bool
    source: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """Two entities that are related; ``right`` has the foreign key. A lazy of None means no attribute."""

    kind: Kind
    left: str
    right: str
    left_lazy: str | None
    right_lazy: str | None
    style: Style
    backref_on_left: bool = True
    cascade: bool = False

    def simpler(self) -> list["Link"]:
        """The same link with less that is particular about it."""
        variants = []
        if self.left_lazy not in (None, "select"):
            variants.append(replace(self, left_lazy="select"))
        if self.right_lazy not in (None, "select"):
            variants.append(replace(self, right_lazy="select"))
        if self.style == "backref":
            variants.append(replace(self, style="back_populates"))
        if self.style == "back_populates":
            variants.append(replace(self, style="separate"))
        if self.style == "separate":
            variants += [replace(self, left_lazy=None)] if self.left_lazy and self.right_lazy else []
            variants += [replace(self, right_lazy=None)] if self.left_lazy and self.right_lazy else []
        if self.cascade:
            variants.append(replace(self, cascade=False))
        return variants

    @property
    def left_name(self) -> str:
        if self.kind == "self":
            return "children"
        return self.right.lower() if self.kind == "one_to_one" else PLURALS[self.right]

    @property
    def right_name(self) -> str:
        if self.kind == "self":
            return "parent"
        return PLURALS[self.left] if self.kind == "many_to_many" else self.left.lower()

    @property
    def foreign_key(self) -> str | None:
        return None if self.kind == "many_to_many" else f"{self.right_name}_id"

    @property
    def secondary(self) -> str:
        return f"{self.left.lower()}_{PLURALS[self.right]}"

    def relationships(self) -> list[Relationship]:
        """The attributes on both sides."""
        found = []
        many = self.kind == "many_to_many"
        if self.left_lazy is not None:
            source = self._source(True)
            found.append(
                Relationship(
                    *(self.left, self.left_name, self.right, self.kind != "one_to_one"),
                    *(self.left_lazy, False, source),
                )
            )
        if self.right_lazy is not None:
            source = self._source(False)
            found.append(
                Relationship(
                    *(self.right, self.right_name, self.left, many, self.right_lazy, not many, source),
                )
            )
        return found

    def _source(self, left: bool) -> str | None:
        if self.style == "backref" and left is not self.backref_on_left:
            return None
        arguments = self._own_arguments(left)
        if self.style == "back_populates":
            arguments.append(f'back_populates="{self.right_name if left else self.left_name}"')
        if self.style == "backref":
            # The backref takes the secondary table from the side that declares it.
            own = [
                argument
                for argument in self._own_arguments(not left)
                if not argument.startswith("secondary=")
            ]
            other = ", ".join([f'"{self.right_name if left else self.left_name}"', *own])
            if not left and self.kind == "one_to_one":
                other += ", uselist=False"
            arguments.append(f"backref=backref({other})")
        return f"relationship({', '.join(arguments)})"

    def _own_arguments(self, left: bool) -> list[str]:
        arguments = []
        lazy = self.left_lazy if left else self.right_lazy
        if self.kind == "many_to_many":
            arguments.append(f"secondary={self.secondary}")
        if self.kind == "self" and not left:
            arguments.append(f'remote_side="{self.left}.id"')
        if lazy != "select":
            arguments.append(f'lazy="{lazy}"')
        if left and self.cascade and self.kind != "many_to_many":
            arguments.append('cascade="all, delete-orphan"')
        return arguments


@dataclass(frozen=True, slots=True)
class Subclass:
    """A class below an entity; all rows of the entity are its own. ``load`` is its ``polymorphic_load``."""

    entity: str
    joined: bool
    load: str | None = None
    keeper: str | None = None

    @property
    def name(self) -> str:
        return f"Special{self.entity}"

    def simpler(self) -> list["Subclass"]:
        """The same with less that is particular about it."""
        variants = [replace(self, keeper=None)] if self.keeper else []
        variants += [replace(self, load=None)] if self.load else []
        return variants


@dataclass(frozen=True, slots=True)
class Schema:
    """All entities and links."""

    columns: tuple[tuple[str, tuple[Column, ...]], ...]
    links: tuple[Link, ...]
    subclass: Subclass | None = None

    @property
    def entities(self) -> list[str]:
        return [name for name, _ in self.columns]

    @property
    def classes(self) -> list[str]:
        return [*self.entities, *([self.subclass.name] if self.subclass else [])]

    def columns_of(self, entity: str) -> tuple[Column, ...]:
        return dict(self.columns)[entity]

    def relationships_of(self, entity: str) -> list[Relationship]:
        return [r for link in self.links for r in link.relationships() if r.entity == entity]

    def relationship(self, entity: str, name: str) -> Relationship:
        return next(r for r in self.relationships_of(entity) if r.name == name)

    def simpler(self) -> list["Schema"]:
        """The schema with one part removed or made ordinary."""
        variants = []
        if self.subclass is not None:
            variants.append(replace(self, subclass=None))
            variants += [replace(self, subclass=simpler) for simpler in self.subclass.simpler()]
        for index, link in enumerate(self.links):
            before, after = self.links[:index], self.links[index + 1 :]
            variants.append(replace(self, links=before + after))
            variants += [replace(self, links=(*before, other, *after)) for other in link.simpler()]
        for index, (name, columns) in enumerate(self.columns):
            rest = self.columns[:index], self.columns[index + 1 :]
            if not any(name in (link.left, link.right) for link in self.links):
                variants.append(replace(self, columns=rest[0] + rest[1]))
            for column in columns[1:]:
                kept = tuple(other for other in columns if other is not column)
                variants.append(replace(self, columns=(*rest[0], (name, kept), *rest[1])))
        return variants


NAME = Column("name", "mapped_column()", "str")
OPTIONAL_COLUMNS = (
    Column("note", "mapped_column(deferred=True)", "str", deferred=True),
    Column("stamp", "mapped_column(onupdate=func.current_timestamp())", "str"),
    Column("version", "mapped_column(onupdate=lambda: 2)", "int"),
)


def random_schema(random: Random, without: frozenset[str] = frozenset()) -> Schema:
    """Two to four entities, connected. ``without`` may name ``lazy_joined``, ``self``, ``backref``."""
    names = [name for name, _ in ENTITIES[: random.choice((2, 2, 3, 3, 3, 4))]]
    columns = tuple(
        (name, (NAME, *(column for column in OPTIONAL_COLUMNS if random.random() < 0.35))) for name in names
    )
    links = [
        _random_link(random, without, names[random.randrange(index)], names[index])
        for index in range(1, len(names))
    ]
    connected = {(link.left, link.right) for link in links}
    missing = [(a, b) for i, b in enumerate(names) for a in names[:i] if (a, b) not in connected]
    if missing and random.random() < 0.3:
        links.append(_random_link(random, without, *random.choice(missing)))
    if random.random() < 0.2 and "self" not in without:
        entity = random.choice(names)
        links.append(_random_link(random, without, entity, entity))
    return Schema(columns, tuple(links))


def _random_link(random: Random, without: frozenset[str], left: str, right: str) -> Link:
    kinds: tuple[Kind, ...] = (*("one_to_many",) * 5, "one_to_one", "many_to_many", "many_to_many")
    kind: Kind = "self" if left == right else random.choice([kind for kind in kinds if kind not in without])
    styles: tuple[Style, ...] = (*("back_populates",) * 5, "backref", "separate")
    style = random.choice([style for style in styles if style not in without])
    allowed = [lazy for lazy in LAZY if f"lazy_{lazy}" not in without]
    lazies: list[str | None] = [random.choice(allowed), random.choice(allowed)]
    if style == "separate" and random.random() < 0.7:
        lazies[random.randrange(2)] = None
    return Link(
        kind,
        *(left, right, lazies[0], lazies[1], style),
        backref_on_left=random.random() < 0.6,
        cascade=random.random() < 0.2,
    )
