"""A mapped class's own declarations: its table, its columns, its relationships."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.models import Inheritance
from detachlint.domain.source import Site
from detachlint.models.columns import ColumnDraft, read_column
from detachlint.models.drafts import Draft, RelationshipDraft
from detachlint.models.library_bases import library_columns, library_table_name
from detachlint.models.mapped_classes import MappedClass
from detachlint.models.mapper_arguments import read_mapper_arguments
from detachlint.models.members import Declared, Member, is_declared_attr
from detachlint.models.roots import Style
from detachlint.models.scope import Scope, Value, is_none, last_return
from detachlint.models.tables import (
    ColumnRef,
    Table,
    TableColumn,
    Tables,
    apply_table_arguments,
    class_table_name,
    snake_case,
)
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo


class Declarations:
    """Reads mapped classes, parents before children."""

    def __init__(self, program: Program, tables: Tables) -> None:
        self._program = program
        self._tables = tables
        self.drafts: dict[str, Draft] = {}

    def read(self, mapped: MappedClass) -> Draft:
        cls = mapped.info
        parent = self.drafts.get(mapped.parent.qualname) if mapped.parent is not None else None
        holder, member = self._special(mapped, "__mapper_args__")
        mapper = read_mapper_arguments(self._scope(holder, cls), member)
        draft = Draft(mapped, Scope(self._program, cls.module, cls), parent, mapper)
        self.drafts[cls.qualname] = draft
        declared = [item for member in self._members(draft) for item in member.declared()]
        self._set_table(draft, any(_is_primary_key(item) for item in declared))
        for item in declared:
            add_declared(draft, item)
        for column in self._library_columns(mapped):
            if not draft.has(column.column.name):
                add_declared(draft, column)
        self._add_table_arguments(draft)
        return draft

    # ----------------------------------------------------------------- members

    def _scope(self, holder: ClassInfo, owner: ClassInfo) -> Scope:
        return Scope(self._program, holder.module, holder, owner=owner)

    def _members(self, draft: Draft) -> Iterator[Member]:
        """Statements that map something for this class: the first class that has a name wins."""
        mapped = draft.mapped
        seen: set[str] = set()
        is_sqlmodel = mapped.root.style is Style.SQLMODEL
        own = {id(c) for c in mapped.lineage}
        past_parent = False
        for holder in mapped.ancestry:
            if mapped.parent is not None and holder is mapped.parent.info:
                past_parent = True
            is_own = id(holder) in own
            if not is_own and holder.qualname in self.drafts:
                continue
            scope = self._scope(holder, mapped.info)
            for name, statement in self._program.members(holder).items():
                if name in seen or (name.startswith("__") and name.endswith("__")):
                    continue
                if not is_own and not is_declared_attr(scope, statement, cascading=True):
                    continue
                if is_own and past_parent and draft.parent is not None and draft.parent.has(name):
                    continue
                seen.add(name)
                yield Member(name, holder, mapped.info, scope, statement, is_sqlmodel)

    def _library_columns(self, mapped: MappedClass) -> Iterator[ColumnDraft]:
        site = Site(mapped.info.module.path, mapped.info.node.n)
        for base in self._program.external_bases(mapped.info):
            yield from library_columns(base, site)

    def _special(self, mapped: MappedClass, name: str) -> tuple[ClassInfo, ir.Stmt | None]:
        """A dunder of the class, as SQLAlchemy looks for it: a mapped parent's own doesn't count."""
        counts = False
        found: tuple[ClassInfo, ir.Stmt | None] | None = None
        for holder in mapped.ancestry:
            member = self._program.members(holder).get(name)
            if member is None:
                continue
            found = found or (holder, member)
            is_parent = holder is not mapped.info and holder.qualname in self.drafts
            counts = counts or not is_parent or is_declared_attr(self._scope(holder, mapped.info), member)
        return found if counts and found is not None else (mapped.info, None)

    # ------------------------------------------------------------------- table

    def _set_table(self, draft: Draft, has_primary_key: bool) -> None:
        table = self._own_table(draft, has_primary_key)
        parent = draft.parent
        if table is None:
            draft.inheritance = Inheritance.SINGLE if parent is not None else None
            draft.table = parent.table if parent is not None else None
            draft.tables = parent.tables if parent is not None else ()
        elif parent is None or draft.mapper.concrete:
            draft.inheritance = Inheritance.CONCRETE if parent is not None else None
            draft.table, draft.tables = table, (table,)
        else:
            draft.inheritance = Inheritance.JOINED
            draft.table, draft.tables = table, (*parent.tables, table)

    def _own_table(self, draft: Draft, has_primary_key: bool) -> Table | None:
        mapped = draft.mapped
        fixed = self._fixed_table(draft)
        if fixed is not None:
            return fixed
        holder, member = self._special(mapped, "__tablename__")
        if member is not None:
            node = last_return(member) if isinstance(member, ir.FunctionDef) else _value(member)
            if node is None or is_none(node):
                return None
            name = class_table_name(self._scope(holder, mapped.info), node, mapped.info.name)
            return self._new_table(draft, name)
        if mapped.root.style is Style.SQLMODEL:
            return self._tables.add(Table(mapped.info.name.lower(), mapped.root.registry))
        if mapped.root.style is Style.GENERATED_NAMES and (draft.parent is None or has_primary_key):
            return self._tables.add(Table(snake_case(mapped.info.name), mapped.root.registry))
        if draft.parent is not None:
            return None
        names = [library_table_name(base) for base in self._program.external_bases(mapped.info)]
        return self._new_table(draft, next((name for name in names if name is not None), None))

    def _new_table(self, draft: Draft, name: str | None) -> Table:
        guessed = name is None
        table = Table(name or snake_case(draft.mapped.info.name), draft.registry, name_is_guessed=guessed)
        return self._tables.add(table)

    def _fixed_table(self, draft: Draft) -> Table | None:
        """``__table__ = Table(...)``: every column of it is an attribute unless the class says otherwise."""
        holder, member = self._special(draft.mapped, "__table__")
        if isinstance(member, ir.FunctionDef):
            node = last_return(member)
        else:
            node = _value(member) if member is not None else None
        if node is None:
            return None
        scope = self._scope(holder, draft.mapped.info)
        table = self._tables.of_variable(Value(node, scope), draft.registry)
        if table is not None:
            map_table_columns(draft, table)
        return table

    def _add_table_arguments(self, draft: Draft) -> None:
        holder, member = self._special(draft.mapped, "__table_args__")
        if member is None or draft.table is None:
            return
        node = last_return(member) if isinstance(member, ir.FunctionDef) else _value(member)
        if node is None:
            return
        values = list(Value(node, self._scope(holder, draft.mapped.info)).list())
        apply_table_arguments(draft.table, values)


def map_table_columns(draft: Draft, table: Table) -> None:
    """Give the class an attribute for each column of a ready-made table."""
    for column in table.columns.values():
        if column.made is None:
            continue
        made = column.made.construct()
        if made is not None:
            key = made.arguments.text("key") or column.name
            site = Site(column.made.scope.module.path, column.made.node.n)
            declared = read_column(key, site, made, None)
            draft.columns[key] = declared
            draft.refs[key] = ColumnRef(table, column.name)
            draft.names[key] = None


def add_declared(draft: Draft, item: Declared) -> None:
    """Add what a member declares to its class."""
    if isinstance(item, RelationshipDraft):
        draft.relationships[item.name] = item
        draft.names[item.name] = None
    elif isinstance(item, ColumnDraft):
        name = item.column.name
        draft.columns[name] = item
        draft.names[name] = None
        if item.table_column is not None and draft.table is not None:
            draft.refs[name] = ColumnRef(draft.table, item.table_column.name)
            _add_to_table(draft.table, item.table_column)
    else:
        draft.attributes[item.name] = item
        draft.names[item.name] = None


def _add_to_table(table: Table, column: TableColumn) -> None:
    if column.name not in table.columns:  # use_existing_column: the first class that has it makes it
        table.add(column)


def _is_primary_key(item: Declared) -> bool:
    return isinstance(item, ColumnDraft) and item.column.primary_key


def _value(statement: ir.Stmt) -> ir.Expr | None:
    return statement.value if isinstance(statement, (ir.Assign, ir.AnnAssign)) else None
