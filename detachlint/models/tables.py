"""Tables as far as foreign keys need them: columns by name and constraints between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from detachlint.models.scope import Construct, Scope, Value, dotted_name, last_name
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import Assigned, ClassInfo


@dataclass(eq=False, slots=True)
class Table:
    """A table; compared by identity.

    Args:
        registry: of the declarative base whose metadata holds it; "" where that isn't known.
        name_is_guessed: the name comes from code that nobody runs here (``__init_subclass__``, a metaclass).
    """

    name: str
    registry: str
    columns: dict[str, TableColumn] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    name_is_guessed: bool = False

    @property
    def primary_key(self) -> tuple[ColumnRef, ...]:
        return tuple(ColumnRef(self, c.name) for c in self.columns.values() if c.primary_key)

    def add(self, column: TableColumn) -> None:
        self.columns[column.name] = column
        self.constraints += [Constraint(((column.name, target),)) for target in column.targets]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column; ``made`` is its call, for a class that maps the whole table."""

    name: str
    primary_key: bool
    targets: tuple[Target, ...] = ()
    made: Value | None = None


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a table."""

    table: Table
    name: str

    def __str__(self) -> str:
        return f"{self.table.name}.{self.name}"


@dataclass(frozen=True, slots=True)
class Target:
    """What a ``ForeignKey`` refers to: a string ``table.column``, or an expression to look up later.

    Args:
        on_delete: ``ondelete=`` in lower case, or "".
    """

    text: str | None
    value: Value | None
    on_delete: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """A foreign key constraint: columns of its table and what each refers to."""

    pairs: tuple[tuple[str, Target], ...]


class Tables:
    """All tables of a program, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Table]] = {}
        self._of_variables: dict[tuple[str, int], Table] = {}

    def add(self, table: Table) -> Table:
        self._by_name.setdefault(table.name, []).append(table)
        return table

    def all(self) -> list[Table]:
        """Every table once."""
        return list({id(t): t for tables in self._by_name.values() for t in tables}.values())

    def add_variables(self, program: Program) -> None:
        """The tables that modules keep in variables."""
        for module in program.modules.values():
            for statement in module.ir.body:
                if isinstance(statement, (ir.Assign, ir.AnnAssign)) and isinstance(statement.value, ir.Call):
                    call = statement.value
                    if last_name(call.func) == "Table":
                        scope = Scope(program, module)
                        registry = (
                            _symbol_key(scope, call.func.value) if isinstance(call.func, ir.Attribute) else ""
                        )
                        self.of_variable(Value(call, scope), registry)

    def named(self, name: str, registry: str) -> Table | None:
        """The table of that name, with or without schema, in the metadata of ``registry`` if it's there."""
        found = self._by_name.get(name) or self._by_name.get(name.rpartition(".")[2], [])
        return next((t for t in found if t.registry == registry), found[0] if found else None)

    def of_variable(self, value: Value, registry: str) -> Table | None:
        """The table that ``Table("name", metadata, ...)`` makes; the same expression gives the same table."""
        settled = value.settle()
        key = (settled.scope.module.key, settled.node.n)
        if key not in self._of_variables:
            made = settled.construct()
            if made is None or made.name != "Table":
                return None
            table = core_table(made, registry)
            if table is None:
                return None
            self._of_variables[key] = self.add(table)
        return self._of_variables[key]

    def rename_guessed(self, wanted: Iterable[str]) -> None:
        """Give tables whose names were guessed the name that a foreign key calls them by."""
        missing = {name for name in wanted if name not in self._by_name}
        if not missing:
            return
        for table in [t for tables in self._by_name.values() for t in tables if t.name_is_guessed]:
            for candidate in _plurals(table.name):
                if candidate in missing:
                    table.name = candidate
                    self.add(table)
                    break


def core_table(made: Construct, registry: str) -> Table | None:
    """A table from the arguments of ``Table(...)``."""
    positional = made.arguments.positional
    name = positional[0].text() if positional else None
    if name is None:
        return None
    if len(positional) > 1:
        registry = _registry_of(positional[1]) or registry
    table = Table(name, registry)
    for value in positional[1:]:
        part = value.construct()
        if part is None:
            continue
        if part.name in ("Column", "mapped_column"):
            column = column_name(part, "")
            if column:
                targets = tuple(foreign_key_targets(part))
                table.add(TableColumn(column, part.arguments.flag("primary_key"), targets, value))
    apply_table_arguments(table, positional[1:])
    return table


def _registry_of(metadata: Value) -> str:
    """The key of the base that ``Base.metadata`` belongs to."""
    node = metadata.node
    return _symbol_key(metadata.scope, node.value) if isinstance(node, ir.Attribute) else ""


def _symbol_key(scope: Scope, node: ir.Expr) -> str:
    symbol = scope.symbol(node)
    if isinstance(symbol, ClassInfo):
        return symbol.qualname
    return f"{symbol.module.key}.{symbol.name}" if isinstance(symbol, Assigned) else ""


def column_name(made: Construct, attribute: str) -> str:
    """The name in the table: the ``name`` argument or the first string, else the attribute's."""
    explicit = made.arguments.text("name")
    if explicit is None:
        first = made.arguments.first()
        explicit = first.text() if first is not None else None
    return explicit or attribute


def foreign_key_targets(made: Construct) -> Iterator[Target]:
    for value in made.arguments.positional:
        part = value.construct()
        if part is not None and part.name == "ForeignKey":
            first = part.arguments.first() or part.arguments.keywords.get("column")
            if first is not None:
                yield Target(first.text(), first, on_delete(part))


def on_delete(constraint: Construct) -> str:
    """``ondelete=`` of a foreign key, or of what stands for one."""
    return (constraint.arguments.text("ondelete") or "").lower()


def apply_table_arguments(table: Table, values: Iterable[Value]) -> None:
    """``ForeignKeyConstraint`` and ``PrimaryKeyConstraint`` among a table's arguments."""
    for value in values:
        part = value.construct()
        if part is None:
            continue
        if part.name == "ForeignKeyConstraint":
            constraint = _constraint(part)
            if constraint is not None:
                table.constraints.append(constraint)
        elif part.name == "PrimaryKeyConstraint":
            for item in part.arguments.positional:
                name = item.text() or last_name(item.node)
                known = table.columns.get(name)
                if known is not None:
                    table.columns[name] = replace(known, primary_key=True)


def _constraint(part: Construct) -> Constraint | None:
    positional, keywords = part.arguments.positional, part.arguments.keywords
    own = positional[0] if positional else keywords.get("columns")
    other = positional[1] if len(positional) > 1 else keywords.get("refcolumns")
    if own is None or other is None:
        return None
    names = [item.text() or last_name(item.node) for item in own.list()]
    targets = [Target(item.text(), item, on_delete(part)) for item in other.list()]
    if len(names) != len(targets) or not all(names):
        return None
    return Constraint(tuple(zip(names, targets, strict=True)))


def snake_case(name: str) -> str:
    """``OrderItem`` as ``order_item``, the way Flask-SQLAlchemy does it."""
    spaced = re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", name)
    return spaced.lower().lstrip("_")


def _plurals(name: str) -> Iterator[str]:
    """Names that a program is likely to derive from a class's name."""
    for stem in (name, name.replace("_", "")):
        yield stem
        yield f"{stem}s"
        yield f"{stem}es"
        if stem.endswith("y"):
            yield f"{stem[:-1]}ies"


def split_target(scope_text: str) -> tuple[str, str]:
    """``schema.table.column`` as table and column."""
    table, _, column = scope_text.rpartition(".")
    return table, column


def class_table_name(scope: Scope, node: ir.Expr, class_name: str) -> str | None:
    """What a ``__tablename__`` expression comes to for a class of that name; None where it can't be told."""
    value = scope.settle(node)
    match value.node:
        case ir.Const(value=str(text)):
            return text
        case ir.Attribute(attr="__name__"):
            return class_name
        case ir.Binary(op="+", left=left, right=right):
            head = class_table_name(value.scope, left, class_name)
            tail = class_table_name(value.scope, right, class_name)
            return head + tail if head is not None and tail is not None else None
        case ir.Call(func=ir.Attribute(value=inner, attr="lower"), args=()):
            plain = class_table_name(value.scope, inner, class_name)
            return plain.lower() if plain is not None else None
        case ir.Call(func=func, args=(ir.Arg(value=inner),)) if re.search(
            "snake|underscore", dotted_name(func)
        ):
            camel = class_table_name(value.scope, inner, class_name)
            return snake_case(camel) if camel is not None else None
        case _:
            return None
