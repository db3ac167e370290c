"""Columns: ``mapped_column()``, ``Column()``, ``deferred()``, ``column_property()`` and bare annotations."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detachlint.domain.models import Column, ServerValue
from detachlint.domain.source import Site
from detachlint.models.annotations import Annotation
from detachlint.models.scope import Arguments, Construct, Value, last_name
from detachlint.models.server_values import server_value
from detachlint.models.tables import TableColumn, Target, column_name, foreign_key_targets

COLUMN_CALLS = frozenset({"mapped_column", "Column", "MappedColumn"})
PROPERTY_CALLS = frozenset({"column_property", "deferred", "query_expression"})
_PYTHON_TYPES = {
    "Integer": "int",
    "BigInteger": "int",
    "SmallInteger": "int",
    "Float": "float",
    "Double": "float",
    "Numeric": "Decimal",
    "String": "str",
    "Text": "str",
    "Unicode": "str",
    "UnicodeText": "str",
    "Boolean": "bool",
    "DateTime": "datetime",
    "Date": "date",
    "Time": "time",
    "Interval": "timedelta",
    "LargeBinary": "bytes",
    "Uuid": "UUID",
    "UUID": "UUID",
    "JSON": "dict",
    "JSONB": "dict",
    "ARRAY": "list",
}


@dataclass(frozen=True, slots=True)
class ColumnDraft:
    """A column attribute, and what it adds to the table (None for an expression)."""

    column: Column
    table_column: TableColumn | None

    @property
    def written_targets(self) -> tuple[str, ...]:
        """Foreign keys as written, for tables that are not part of the program."""
        if self.table_column is None:
            return ()
        return tuple(t.text for t in self.table_column.targets if t.text is not None)


def read_column(name: str, site: Site, made: Construct | None, annotation: Annotation | None) -> ColumnDraft:
    """A column from its call, which is None where the annotation is everything."""
    made = _with_metadata(made, annotation)
    if made.name in PROPERTY_CALLS:
        return _column_property(name, site, made, annotation)
    return _plain(name, site, made, annotation)


def _with_metadata(made: Construct | None, annotation: Annotation | None) -> Construct:
    """The call, with what a ``mapped_column`` in ``Annotated`` says in its stead or beneath it."""
    own = made or Construct("mapped_column", Arguments([], {}))
    if annotation is None or own.name not in COLUMN_CALLS:
        return own
    for value in annotation.metadata:
        beneath = value.construct()
        if beneath is not None and beneath.name in COLUMN_CALLS:
            positional = [v for v in beneath.arguments.positional if v.text() is None]  # a name isn't shared
            keywords = {k: v for k, v in beneath.arguments.keywords.items() if k != "name"}
            arguments = Arguments(
                [*own.arguments.positional, *positional], {**keywords, **own.arguments.keywords}
            )
            return Construct(own.name, arguments, own.root)
    return own


def _plain(name: str, site: Site, made: Construct, annotation: Annotation | None) -> ColumnDraft:
    arguments = made.arguments
    targets = tuple(foreign_key_targets(made))
    primary_key = arguments.flag("primary_key")
    optional = annotation.optional if annotation is not None and annotation.container else True
    generated = _positional_names(arguments)
    group = arguments.text("deferred_group")
    column = Column(
        name=name,
        site=site,
        column=column_name(made, name),
        primary_key=primary_key,
        nullable=arguments.flag("nullable", default=optional and not primary_key),
        deferred=arguments.flag(
            "deferred", default=group is not None or arguments.flag("deferred_raiseload")
        ),
        deferred_group=group,
        deferred_raiseload=arguments.flag("deferred_raiseload"),
        onupdate=server_value(arguments.given("onupdate")),
        default=_insert_default(arguments),
        server_onupdate=arguments.given("server_onupdate") is not None or "Computed" in generated,
        server_default=arguments.given("server_default") is not None
        or bool(generated & {"Computed", "Identity", "FetchedValue", "DefaultClause"}),
        active_history=arguments.flag("active_history"),
        python_type=_python_type(arguments, annotation),
    )
    return ColumnDraft(column, TableColumn(column.column, primary_key, targets))


def _column_property(name: str, site: Site, made: Construct, annotation: Annotation | None) -> ColumnDraft:
    """``deferred(Column())`` and ``column_property(Column())`` are columns; all else is an expression."""
    arguments = made.arguments
    first = arguments.first()
    inner = first.construct() if first is not None else None
    if inner is not None and inner.name in COLUMN_CALLS:
        draft = _plain(name, site, inner, None)  # a wrapped column doesn't learn from the annotation
    else:
        column = Column(name, site, expression=True)
        draft = ColumnDraft(column, None)
    changed = replace(
        draft.column,
        deferred=made.name == "deferred" or arguments.flag("deferred", draft.column.deferred),
        deferred_group=arguments.text("group"),
        deferred_raiseload=arguments.flag("raiseload"),
        active_history=arguments.flag("active_history"),
        python_type=_python_type(Arguments([], {}), annotation) or draft.column.python_type,
    )
    return ColumnDraft(changed, draft.table_column)


def _insert_default(arguments: Arguments) -> ServerValue:
    for name in ("insert_default", "default", "default_factory"):
        found = server_value(arguments.given(name))
        if found is not ServerValue.NONE:
            return found
    return ServerValue.NONE


def _positional_names(arguments: Arguments) -> set[str]:
    names = set()
    for value in arguments.positional:
        part = value.construct()
        names.add(part.name if part is not None else last_name(value.node))
    return names


def _python_type(arguments: Arguments, annotation: Annotation | None) -> str | None:
    if annotation is not None and annotation.type is not None:
        return annotation.collection or last_name(annotation.type.node) or None
    for value in [*arguments.positional, *(v for k, v in arguments.keywords.items() if k == "type_")]:
        name = _type_name(value)
        if name in _PYTHON_TYPES:
            return _PYTHON_TYPES[name]
    return None


def _type_name(value: Value) -> str:
    made = value.construct()
    return made.name if made is not None else last_name(value.node)


def with_targets(draft: ColumnDraft, targets: tuple[Target, ...]) -> ColumnDraft:
    """The same column with more foreign keys."""
    if draft.table_column is None:
        return draft
    known = draft.table_column
    return replace(draft, table_column=replace(known, targets=(*known.targets, *targets)))
