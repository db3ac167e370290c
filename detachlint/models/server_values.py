"""Whether a column's default is computed by Python or by the database."""

from __future__ import annotations

from detachlint.domain.models import ServerValue
from detachlint.models.scope import Scope, Value, bind, last_return
from detachlint.parse import ir
from detachlint.resolve.symbols import Assigned, ClassInfo, External, FunctionInfo, Missing

_SQL_ROOTS = ("sqlalchemy", "sqlmodel", "geoalchemy", "sqlalchemy_utc")
_DEPTH = 6


def server_value(value: Value | None) -> ServerValue:
    """SQL for an expression of SQLAlchemy (``func.now()``, ``text()``), PYTHON for everything else."""
    if value is None:
        return ServerValue.NONE
    settled = value.settle()
    if isinstance(settled.node, ir.Const) and settled.node.value is None:
        return ServerValue.NONE
    return ServerValue.SQL if _is_sql(settled, _DEPTH) else ServerValue.PYTHON


def _is_sql(value: Value, depth: int) -> bool:
    settled = value.settle()
    scope = settled.scope
    if depth == 0:
        return False
    match settled.node:
        case ir.Call(func=func) as call:
            return _calls_sql(scope, func) or _calls_wrapper(scope, call, depth)
        case ir.Binary(left=left, right=right):
            return _is_sql(Value(left, scope), depth - 1) or _is_sql(Value(right, scope), depth - 1)
        case ir.Unary(operand=operand):
            return _is_sql(Value(operand, scope), depth - 1)
        case ir.Attribute() as name:
            symbol = scope.symbol(name)
            return isinstance(symbol, External) and symbol.dotted in ("sqlalchemy.null", "sqlalchemy.true")
        case _:
            return False


def _calls_sql(scope: Scope, func: ir.Expr) -> bool:
    """``func.now``, ``db.func.now``, ``text``, ``select().scalar_subquery``, an own FunctionElement."""
    node: ir.Expr = func
    while isinstance(node, (ir.Attribute, ir.Call)):
        if isinstance(node, ir.Attribute):
            if node.attr == "func" and not isinstance(scope.symbol(node), External):
                return True
            node = node.value
        else:
            node = node.func
    symbol = scope.symbol(func)
    if isinstance(symbol, Missing):
        symbol = scope.symbol(node)
        if isinstance(symbol, Assigned) and symbol.value is not None and isinstance(func, ir.Attribute):
            return _calls_sql(scope, symbol.value) if isinstance(symbol.value, ir.Attribute) else False
    if isinstance(symbol, External):
        return symbol.root in _SQL_ROOTS or symbol.root.startswith("sqlalchemy_")
    if isinstance(symbol, ClassInfo):
        return any(base.root in _SQL_ROOTS for base in scope.program.external_bases(symbol))
    return False


def _calls_wrapper(scope: Scope, call: ir.Call, depth: int) -> bool:
    symbol = scope.symbol(call.func)
    if not isinstance(symbol, FunctionInfo):
        return False
    returned = last_return(symbol.node)
    if returned is None:
        return False
    bindings = bind(symbol.node, scope.arguments(call), scope)
    return _is_sql(Value(returned, Scope(scope.program, symbol.module, symbol.owner, bindings)), depth - 1)
