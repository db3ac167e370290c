"""What the generator knows while it writes a program.

The generator does not model what is loaded: SQLAlchemy decides that when the program runs. A shape is a
guess that only steers the choice of reads, so that about half of the programs run to their end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from tests.fuzz.render import UNIVERSES
from tests.fuzz.schema import Relationship, Schema
from tests.fuzz.tree import Function, Member, ResponseSchema, Statement

T = TypeVar("T")

EAGER = ("joined", "selectin", "subquery", "immediate")


@dataclass(slots=True, eq=False)
class Shape:
    """A guess at what an object has: its loaded relationships, and columns that are likely to be missing.

    A loaded relationship of None may be read but not followed, as nothing may be there.
    """

    entity: str
    loaded: dict[str, "Shape | None"] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    fresh: bool = True
    dense: bool = True
    collections: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Variable:
    """A variable that holds an object, or a list of objects when ``many``."""

    name: str
    shape: Shape
    many: bool = False
    use: str | None = None
    new: bool = False


@dataclass(slots=True)
class Scope:
    """The variables in reach, and the session when there is one that is open."""

    variables: list[Variable] = field(default_factory=list)
    session: str | None = None
    managed: bool = False
    depth: int = 0
    in_loop: bool = False

    def inner(self, in_loop: bool = False) -> "Scope":
        """A scope for the body of a compound statement."""
        return Scope(
            list(self.variables), self.session, self.managed, self.depth + 1, in_loop or self.in_loop
        )


@dataclass(slots=True)
class Writer:
    """The program as written so far, and the source of randomness."""

    random: Random
    schema: Schema
    is_async: bool
    expire_on_commit: bool
    features: set[str] = field(default_factory=set)
    functions: list[Function] = field(default_factory=list)
    readers: list[tuple[str, str, bool]] = field(default_factory=list)
    methods: list[Member] = field(default_factory=list)
    responses: list[ResponseSchema] = field(default_factory=list)
    repositories: list[str] = field(default_factory=list)
    without: frozenset[str] = frozenset()
    extras: frozenset[str] = frozenset()
    endings: list[Statement] = field(default_factory=list)
    universe: int = 0
    counter: int = 0

    @property
    def wait(self) -> str:
        return "await " if self.is_async else ""

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, items: Sequence[T]) -> T:
        return self.random.choice(items)

    def use(self, feature: str) -> bool:
        """Note a feature, unless it is switched off."""
        if feature in self.without:
            return False
        self.features.add(feature)
        return True

    def name(self, stem: str) -> str:
        """A name that is used once."""
        self.counter += 1
        return f"{stem}_{self.counter}"

    def variable(self, scope: Scope, shape: Shape, many: bool = False) -> Variable:
        """A new variable in the scope."""
        stem = shape.entity.lower()
        variable = Variable(self.name(f"{stem}s" if many else stem), shape, many)
        scope.variables.append(variable)
        return variable

    def identity(self) -> int:
        """The id of an object, mostly one that the program has not been near yet."""
        if self.universe and "identity" not in self.without and self.chance(0.2):
            self.use("identity")
            return 10 * self.random.randrange(self.universe) + self.pick((1, 1, 2))
        self.universe = min(self.universe + 1, UNIVERSES)
        return 10 * (self.universe - 1) + self.pick((1, 1, 1, 2))

    def mapped_shape(self, entity: str, path: tuple[str, ...] = ()) -> Shape:
        """What the mapping alone loads, cycles left out."""
        shape = Shape(entity)
        for relationship in self.schema.relationships_of(entity):
            if relationship.lazy == "noload":
                shape.loaded[relationship.name] = None
            elif relationship.lazy in EAGER and relationship.target not in (*path, entity):
                shape.loaded[relationship.name] = self.mapped_shape(relationship.target, (*path, entity))
        shape.missing |= {column.name for column in self.schema.columns_of(entity) if column.deferred}
        return shape

    def joins_collection(self, entity: str, path: tuple[str, ...] = ()) -> bool:
        """Whether the mapping alone makes a query of the entity need ``unique()``."""
        return any(
            relationship.lazy == "joined"
            and relationship.target not in (*path, entity)
            and (relationship.many or self.joins_collection(relationship.target, (*path, entity)))
            for relationship in self.schema.relationships_of(entity)
        )

    def follow(self, shape: Shape, relationship: Relationship) -> Shape | None:
        """The shape at the other end, from now on loaded."""
        if relationship.name not in shape.loaded:
            shape.loaded[relationship.name] = self.mapped_shape(relationship.target) if shape.dense else None
        return shape.loaded[relationship.name]

    def variables(self, scope: Scope, many: bool | None = None, safe: float = 0.8) -> list[Variable]:
        """The variables to choose from, mostly without those that are probably expired."""
        fitting = [v for v in scope.variables if many is None or v.many is many]
        fresh = [v for v in fitting if v.shape.fresh]
        return fresh if fresh and self.chance(safe) else fitting
