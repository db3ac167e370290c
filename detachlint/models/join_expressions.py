"""``primaryjoin``, ``foreign_keys``, ``remote_side``: expressions, strings or lambdas over columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detachlint.models.class_names import ClassNames
from detachlint.models.drafts import Draft
from detachlint.models.joins import Join, Term
from detachlint.models.scope import Value, last_name
from detachlint.models.tables import ColumnRef, Table, Tables
from detachlint.parse import ir


@dataclass(frozen=True, slots=True)
class JoinExpressions:
    """Reads them; a name is a class of the registry, a table or a column of the class itself."""

    names: ClassNames
    tables: Tables

    def columns(self, value: Value | None, near: Draft) -> frozenset[ColumnRef]:
        """Columns of a list, or a single one."""
        if value is None:
            return frozenset()
        found = [self.column(Value(item.node, item.scope), near) for item in self._list(value)]
        return frozenset(column for column in found if column is not None)

    def primary_key(self, draft: Draft) -> tuple[ColumnRef, ...]:
        """The columns that the mapper tells rows by: those of the first table, or what it was given."""
        for level in draft.lineage():
            if level.mapper.primary_key:
                refs = [self.column(v, draft) for v in level.mapper.primary_key]
                return tuple(ref for ref in refs if ref is not None)
        return draft.tables[0].primary_key if draft.tables else ()

    def foreign(self, value: Value, near: Draft | None) -> ColumnRef | None:
        """What ``ForeignKey(User.id)`` or ``ForeignKey(users.c.id)`` refers to."""
        if near is not None:
            return self.column(value.deferred(), near)
        draft = next(iter(self.names.all()), None)
        return self.column(value.deferred(), draft) if draft is not None else None

    def _list(self, value: Value) -> Iterator[Value]:
        for item in value.deferred().list():
            yield from item.deferred().list()

    def join(self, value: Value, near: Draft) -> Join | None:
        """A join condition; None where no two columns are compared in it."""
        body = value.deferred()
        pairs: list[tuple[Term, Term]] = []
        needed: list[int] = []
        plain = self._read(body, near, pairs, needed)
        return Join(tuple(pairs), plain, tuple(needed)) if pairs else None

    def _read(
        self, value: Value, near: Draft, pairs: list[tuple[Term, Term]], needed: list[int] | None
    ) -> bool:
        """Collect the comparisons; whether there is nothing else.

        Args:
            needed: takes the places of equalities; None where the condition may hold without them.
        """
        scope = value.scope
        match value.node:
            case ir.Call(func=func, args=args) if last_name(func) == "and_":
                read = [self._read(Value(a.value, scope), near, pairs, needed) for a in args]
                return all(read)
            case ir.Binary(op="&", left=left, right=right):
                read = [self._read(Value(side, scope), near, pairs, needed) for side in (left, right)]
                return all(read)
            case ir.Compare(left=left, rest=((op, right),)):
                terms = self.term(Value(left, scope), near), self.term(Value(right, scope), near)
                if terms[0] is not None and terms[1] is not None:
                    if op == "==" and needed is not None:
                        needed.append(len(pairs))
                    pairs.append((terms[0], terms[1]))
                    return op == "=="
                return False
            case ir.Call(func=func, args=args) if last_name(func) in ("or_", "not_"):
                for arg in args:
                    self._read(Value(arg.value, scope), near, pairs, None)
                return False
            case _:
                return False

    def term(self, value: Value, near: Draft) -> Term | None:
        """A column, perhaps in ``foreign(...)`` and ``remote(...)``, perhaps cast."""
        foreign = remote = False
        node = value.node
        while isinstance(node, ir.Call) and node.args:
            name = last_name(node.func)
            foreign = foreign or name == "foreign"
            remote = remote or name == "remote"
            if name not in ("foreign", "remote"):
                return None
            node = node.args[0].value
        column = self.column(Value(node, value.scope), near)
        return Term(column, foreign, remote) if column is not None else None

    def column(self, value: Value, near: Draft) -> ColumnRef | None:
        """A column of a class or a table; the class's own go by their bare names."""
        node, scope = value.node, value.scope
        match node:
            case ir.Name(id=name):
                own = near.column(name)
                if own is not None:
                    return own
                settled = value.settle()
                return self.column(settled, near) if settled.node is not node else None
            case ir.Subscript(
                value=ir.Attribute(value=table, attr="c" | "columns"), index=ir.Const(value=str(name))
            ):
                found = self.table(Value(table, scope), near)
                return ColumnRef(found, name) if found is not None else None
            case ir.Attribute(value=ir.Attribute(value=table, attr="c" | "columns"), attr=name):
                found = self.table(Value(table, scope), near)
                return ColumnRef(found, name) if found is not None else None
            case ir.Attribute(value=owner, attr=name):
                draft = self.names.resolve(Value(owner, scope), near)
                return draft.column(name) if draft is not None else None
            case ir.Const(value=str()):
                inner = value.deferred()
                return self.column(inner, near) if inner.node is not node else None
            case ir.Call(func=func, args=args) if last_name(func) in ("foreign", "remote") and args:
                return self.column(Value(args[0].value, scope), near)
            case _:
                return None

    def table(self, value: Value, near: Draft) -> Table | None:
        """A ``Table`` variable, a table's name, ``Class.__table__`` or a mapped class."""
        settled = value.settle()
        node, scope = settled.node, settled.scope
        match node:
            case ir.Const(value=str(name)):
                by_name = self.tables.named(name, near.registry)
                if by_name is not None:
                    return by_name
                inner = settled.deferred()
                return self.table(inner, near) if inner.node is not node else None
            case ir.Lambda(body=body):
                return self.table(Value(body, scope), near)
            case ir.Attribute(value=owner, attr="__table__"):
                draft = self.names.resolve(Value(owner, scope), near)
                return draft.table if draft is not None else None
            case ir.Call():
                return self.tables.of_variable(settled, near.registry)
            case ir.Name(id="__table__"):
                return near.table
            case ir.Name() | ir.Attribute():
                draft = self.names.resolve(settled, near)
                return draft.table if draft is not None else self.tables.named(last_name(node), near.registry)
            case _:
                return None
