"""What ``Mapped[...]`` and its relatives say about an attribute."""

from __future__ import annotations

from dataclasses import dataclass

from detachlint.models.scope import Scope, Value, is_none, last_name, parse_expression
from detachlint.parse import ir
from detachlint.resolve.symbols import Assigned

CONTAINERS = frozenset(
    {
        "Mapped",
        "WriteOnlyMapped",
        "DynamicMapped",
        "MappedColumn",
        "Relationship",
        "RelationshipProperty",
        "AssociationProxy",
        "Synonym",
        "Composite",
    }
)
_COLLECTIONS = {
    "list": "list",
    "List": "list",
    "Sequence": "list",
    "MutableSequence": "list",
    "Collection": "list",
    "Iterable": "list",
    "InstrumentedList": "list",
    "OrderingList": "list",
    "set": "set",
    "Set": "set",
    "AbstractSet": "set",
    "MutableSet": "set",
    "FrozenSet": "set",
    "frozenset": "set",
    "InstrumentedSet": "set",
    "dict": "dict",
    "Dict": "dict",
    "Mapping": "dict",
    "MutableMapping": "dict",
    "KeyFuncDict": "dict",
    "MappedCollection": "dict",
    "defaultdict": "dict",
}
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Annotation:
    """An attribute's annotation, taken apart.

    Args:
        container: ``Mapped``, ``WriteOnlyMapped``, ... or "" where there is none.
        collection: ``list``, ``set``, ``dict`` or "".
        type: the innermost type, or None.
        metadata: what ``Annotated`` carries, also through an alias.
    """

    container: str
    collection: str
    optional: bool
    type: Value | None
    metadata: tuple[Value, ...]

    @property
    def is_class_variable(self) -> bool:
        return self.container == "ClassVar"


def read_annotation(scope: Scope, node: ir.Expr) -> Annotation:
    """Take an annotation apart; it never fails."""
    container = ""
    value = Value(_unquoted(node), scope)
    if isinstance(value.node, ir.Subscript):
        name = scope.leaf(value.node.value)
        if name in CONTAINERS or name == "ClassVar":
            container = name
            value = Value(_unquoted(value.node.index), scope)
    elif last_name(value.node) == "ClassVar":
        container = "ClassVar"
    collection, optional = "", False
    metadata: list[Value] = []
    for _ in range(_DEPTH):
        peeled = _peel(value)
        if peeled is None:
            break
        value = peeled.inner
        optional = optional or (peeled.optional and not collection)
        collection = collection or peeled.collection
        metadata += peeled.metadata
    return Annotation(container, collection, optional, value, tuple(metadata))


@dataclass(frozen=True, slots=True)
class _Peeled:
    inner: Value
    collection: str = ""
    optional: bool = False
    metadata: tuple[Value, ...] = ()


def _peel(value: Value) -> _Peeled | None:
    scope = value.scope
    match value.node:
        case ir.Const(value=str(text)):
            parsed = parse_expression(text)
            return _Peeled(Value(parsed, scope)) if parsed is not None else None
        case ir.Binary(op="|") as union:
            return _union(scope, [union.left, union.right])
        case ir.Subscript(value=head, index=index):
            return _subscript(scope, scope.leaf(head), index)
        case ir.Name() | ir.Attribute() as name:
            return _named(scope, name)
        case _:
            return None


def _subscript(scope: Scope, name: str, index: ir.Expr) -> _Peeled | None:
    items = index.items if isinstance(index, ir.Display) and index.kind == "tuple" else (index,)
    if not items:
        return None
    if name == "Optional":
        return _Peeled(Value(items[0], scope), optional=True)
    if name == "Union":
        return _union(scope, list(items))
    if name == "Annotated":
        return _Peeled(Value(items[0], scope), metadata=tuple(Value(i, scope) for i in items[1:]))
    if name in _COLLECTIONS:
        return _Peeled(Value(items[-1], scope), collection=_COLLECTIONS[name])
    if name in ("Final", "Required", "NotRequired"):
        return _Peeled(Value(items[0], scope))
    return None


def _named(scope: Scope, name: ir.Expr) -> _Peeled | None:
    """A type alias, or a bare collection."""
    symbol = scope.symbol(name)
    if isinstance(symbol, Assigned) and symbol.value is not None and symbol.value is not name:
        inner = Scope(scope.program, symbol.module)
        target = symbol.value
        if isinstance(target, (ir.Subscript, ir.Binary, ir.Name, ir.Attribute)):
            return _Peeled(Value(target, inner))
        if isinstance(target, ir.Call) and inner.leaf(target.func) in ("NewType", "TypeAliasType"):
            return _Peeled(Value(target.args[1].value, inner)) if len(target.args) > 1 else None
    return None


def _union(scope: Scope, items: list[ir.Expr]) -> _Peeled | None:
    flat: list[ir.Expr] = []
    while items:
        item = items.pop(0)
        if isinstance(item, ir.Binary) and item.op == "|":
            items[:0] = [item.left, item.right]
        else:
            flat.append(item)
    kept = [item for item in flat if not is_none(item)]
    if not kept:
        return None
    return _Peeled(Value(kept[0], scope), optional=len(kept) < len(flat))


def _unquoted(node: ir.Expr) -> ir.Expr:
    if isinstance(node, ir.Const) and isinstance(node.value, str):
        return parse_expression(node.value) or node
    return node
