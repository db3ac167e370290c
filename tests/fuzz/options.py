"""Random loader options, with a guess at what they load."""

from dataclasses import dataclass, replace

from tests.fuzz.schema import Relationship
from tests.fuzz.tree import Option
from tests.fuzz.writer import Shape, Writer

_TO_ONE = (*("joinedload",) * 9, *("selectinload",) * 6, "subqueryload", "immediateload", "immediateload")
_TO_MANY = (*("selectinload",) * 11, *("joinedload",) * 4, "subqueryload", "subqueryload", "immediateload")
_NOT_LOADING = ("lazyload", "raiseload", "noload", "defaultload", "defaultload", "raiseload")


@dataclass(slots=True)
class Plan:
    """Options, and what they make of the object."""

    options: tuple[Option, ...]
    shape: Shape
    needs_unique: bool


def random_plan(writer: Writer, entity: str, root: str | None = None, skip: str | None = None) -> Plan:
    """Options for a query of the entity. ``root`` is its alias; ``skip`` a relationship to leave out."""
    shape = writer.mapped_shape(entity)
    root = root or entity
    options, joins = _relationships(writer, entity, root, shape, depth=0, skip=skip)
    options += _columns(writer, entity, root, shape)
    if writer.chance(0.05) and writer.use("wildcard"):
        options.append(Option(_wildcard(writer, entity, shape)))
    writer.random.shuffle(options)
    return Plan(tuple(options), shape, joins or writer.joins_collection(entity))


def _relationships(
    writer: Writer, entity: str, root: str, shape: Shape, depth: int, skip: str | None = None
) -> tuple[list[Option], bool]:
    candidates = [r for r in writer.schema.relationships_of(entity) if r.name != skip]
    wanted = writer.pick(((0, 1, 1, 1, 2, 2), (0, 0, 1, 1, 2), (0, 0, 0, 1))[min(depth, 2)])
    options: list[Option] = []
    joins_any = False
    for relationship in writer.random.sample(candidates, min(wanted, len(candidates))):
        built, joins = _relationship(writer, root, relationship, shape, depth)
        options += built
        joins_any = joins_any or joins
    return options, joins_any


def _relationship(
    writer: Writer, root: str, relationship: Relationship, shape: Shape, depth: int
) -> tuple[list[Option], bool]:
    strategies = _TO_MANY if relationship.many else _TO_ONE
    drawn = _NOT_LOADING if writer.chance(0.08) else strategies
    allowed = [strategy for strategy in drawn if strategy not in writer.without]
    if not allowed:
        return [], False
    strategy = writer.pick(allowed)
    writer.use(strategy)
    call = f"{strategy}({root}.{relationship.name})"
    target = writer.mapped_shape(relationship.target, (relationship.entity,))
    if strategy in strategies:
        shape.loaded[relationship.name] = target
    elif strategy == "noload":
        shape.loaded[relationship.name] = None
    elif strategy != "defaultload":
        shape.loaded.pop(relationship.name, None)
    if strategy in ("lazyload", "raiseload", "noload"):
        return [Option(call)], False
    children, joins = _relationships(writer, relationship.target, relationship.target, target, depth + 1)
    children += _columns(writer, relationship.target, relationship.target, target)
    needs_unique = strategy == "joinedload" and (relationship.many or joins)
    if depth == 0 and root == relationship.entity and writer.chance(0.06) and writer.use("Load"):
        call = f"Load({root}).{call}"
    option = Option(call, tuple(children), chained=writer.chance(0.6))
    if len(children) > 1 and writer.chance(0.4) and writer.use("shared_prefix"):
        return [replace(option, children=(child,), chained=True) for child in children], needs_unique
    return [option], needs_unique


def _columns(writer: Writer, entity: str, root: str, shape: Shape) -> list[Option]:
    columns = writer.schema.columns_of(entity)
    deferred = [column.name for column in columns if column.deferred]
    if deferred and writer.chance(0.3) and writer.use("undefer"):
        shape.missing -= set(deferred)
        return [Option(writer.pick((f"undefer({root}.{deferred[0]})", 'undefer("*")')))]
    if not writer.chance(0.07):
        return []
    if writer.chance(0.5) and writer.use("defer"):
        shape.missing.add("name")
        return [Option(f"defer({root}.name)")]
    kept = writer.random.sample([column.name for column in columns], writer.random.randint(1, len(columns)))
    writer.use("load_only")
    shape.missing = {column.name for column in columns} - set(kept)
    return [Option(f"load_only({', '.join(f'{root}.{name}' for name in kept)})")]


def _wildcard(writer: Writer, entity: str, shape: Shape) -> str:
    strategy = writer.pick(("raiseload", "raiseload", "raiseload", "lazyload", "selectinload"))
    if strategy == "selectinload":
        for relationship in writer.schema.relationships_of(entity):
            shape.loaded.setdefault(relationship.name, writer.mapped_shape(relationship.target))
    return f'{strategy}("*")'
