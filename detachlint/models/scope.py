"""What an expression of a model's text stands for, as far as its text tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeGuard

from detachlint.parse import ir
from detachlint.parse.parse import parse
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import (
    Assigned,
    ClassInfo,
    External,
    FunctionInfo,
    Missing,
    ModuleInfo,
    Symbol,
)

_DEPTH = 12
Constant = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands.

    Args:
        cls: the class whose body it stands in; its nested classes and variables are known there.
        bindings: parameters of the function it stands in, with what they were given.
        owner: the mapped class that ``cls`` of a ``declared_attr`` is.
    """

    program: Program
    module: ModuleInfo
    cls: ClassInfo | None = None
    bindings: Mapping[str, Value] = field(default_factory=dict)
    owner: ClassInfo | None = None

    def symbol(self, node: ir.Expr) -> Symbol:
        """What a name or a dotted name means."""
        if isinstance(node, ir.Name):
            bound = self.bindings.get(node.id)
            if bound is not None:
                return bound.scope.symbol(bound.node)
            if node.id == "cls" and self.owner is not None:
                return self.owner
        if isinstance(node, ir.Attribute):
            return self.program.member(self.symbol(node.value), node.attr)
        if isinstance(node, ir.Subscript):
            return self.symbol(node.value)
        found = self.program.resolve(self.module, node)
        if isinstance(found, Missing) and isinstance(node, ir.Name) and self.cls is not None:
            return self.program.member(self.cls, node.id)
        return found

    def leaf(self, node: ir.Expr) -> str:
        """The last part of what a name means in its library, or as written where nothing binds it."""
        symbol = self.symbol(node)
        match symbol:
            case External():
                return symbol.leaf
            case ClassInfo() | FunctionInfo():
                return f"{symbol.module.name}.{symbol.name}"
            case _:
                return last_name(node)

    def settle(self, node: ir.Expr) -> Value:
        """Follow parameters, variables and aliases to the expression that gives them their value."""
        value = Value(node, self)
        for _ in range(_DEPTH):
            node, scope = value.node, value.scope
            if isinstance(node, ir.Name) and node.id in scope.bindings:
                value = scope.bindings[node.id]
                continue
            if not isinstance(node, (ir.Name, ir.Attribute)):
                break
            symbol = scope.symbol(node)
            if not isinstance(symbol, Assigned) or symbol.value is None or symbol.value is node:
                break
            if isinstance(symbol.value, ir.Call) and scope._is_class_variable(node):
                break  # an attribute of a class stands for itself: it is mapped
            value = Value(symbol.value, Scope(self.program, symbol.module))
        return value

    def _is_class_variable(self, node: ir.Expr) -> bool:
        if isinstance(node, ir.Attribute):
            return isinstance(self.symbol(node.value), ClassInfo)
        return isinstance(self.program.resolve(self.module, node), Missing)

    def constant(self, node: ir.Expr | None) -> Constant:
        """The constant that an expression comes to; None for everything else."""
        if node is None:
            return None
        value = self.settle(node)
        match value.node:
            case ir.Const(value=constant):
                return constant
            case ir.Binary(op="+", left=left, right=right):
                ends = value.scope.constant(left), value.scope.constant(right)
                return (
                    f"{ends[0]}{ends[1]}" if isinstance(ends[0], str) and isinstance(ends[1], str) else None
                )
            case ir.Unary(op="-", operand=operand):
                number = value.scope.constant(operand)
                return -number if isinstance(number, int) else None
            case _:
                return None

    def text(self, node: ir.Expr | None) -> str | None:
        constant = self.constant(node)
        return constant if isinstance(constant, str) else None

    def flag(self, node: ir.Expr | None, default: bool = False) -> bool:
        constant = self.constant(node)
        return default if constant is None else bool(constant)

    def items(self, node: ir.Expr) -> dict[str, Value]:
        """The entries of a dictionary with constant keys, however it is spelled."""
        value = self.settle(node)
        scope = value.scope
        match value.node:
            case ir.Dict(items=pairs):
                out: dict[str, Value] = {}
                for key, item in pairs:
                    if key is None:
                        out.update(scope.items(item))
                    elif (name := scope.text(key)) is not None:
                        out[name] = Value(item, scope)
                return out
            case ir.Binary(op="|", left=left, right=right):
                return {**scope.items(left), **scope.items(right)}
            case ir.Call(func=ir.Name(id="dict")):
                return scope.arguments(value.node).keywords
            case _:
                return {}

    def arguments(self, call: ir.Call) -> Arguments:
        """The arguments of a call, with constant ``*`` and ``**`` splices laid out."""
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        for arg in call.args:
            if arg.star == "**":
                keywords.update(self.items(arg.value))
            elif arg.star == "*":
                spliced = self.settle(arg.value)
                if isinstance(spliced.node, ir.Display):
                    positional += [Value(item, spliced.scope) for item in spliced.node.items]
            elif arg.keyword is not None:
                keywords[arg.keyword] = Value(arg.value, self)
            else:
                positional.append(Value(arg.value, self))
        return Arguments(positional, keywords)

    def construct(self, node: ir.Expr, _depth: int = 0) -> Construct | None:
        """The library call that an expression comes to, through variables, ``partial`` and wrappers."""
        value = self.settle(node)
        call, scope = value.node, value.scope
        if not isinstance(call, ir.Call) or _depth > _DEPTH:
            return None
        arguments = scope.arguments(call)
        symbol = scope.symbol(call.func)
        match symbol:
            case External():
                return Construct(symbol.leaf, arguments, symbol.root)
            case ClassInfo():
                for base in scope.program.external_bases(symbol):
                    return Construct(base.leaf, arguments, base.root)
                return None
            case FunctionInfo():
                returned = last_return(symbol.node)
                if returned is None:
                    return None
                inner = Scope(
                    scope.program,
                    symbol.module,
                    symbol.owner,
                    bind(symbol.node, arguments, scope),
                    scope.owner,
                )
                return inner.construct(returned, _depth + 1)
            case Assigned(module=module, value=ir.Call() as made):
                return Scope(scope.program, module)._partial(made, arguments)
            case _:
                name = last_name(call.func)
                return Construct(name, arguments) if name else None

    def _partial(self, made: ir.Call, arguments: Arguments) -> Construct | None:
        if self.leaf(made.func) != "partial":
            return None
        given = self.arguments(made)
        if not given.positional:
            return None
        wrapped = given.positional[0]
        return Construct(
            wrapped.scope.leaf(wrapped.node),
            Arguments(
                [*given.positional[1:], *arguments.positional], {**given.keywords, **arguments.keywords}
            ),
        )


@dataclass(frozen=True, slots=True)
class Value:
    """An expression and where it stands."""

    node: ir.Expr
    scope: Scope

    def settle(self) -> Value:
        return self.scope.settle(self.node)

    def construct(self) -> Construct | None:
        return self.scope.construct(self.node)

    def constant(self) -> Constant:
        return self.scope.constant(self.node)

    def text(self) -> str | None:
        return self.scope.text(self.node)

    def list(self) -> Iterator[Value]:
        """The items of a list or tuple, or the value itself."""
        settled = self.settle()
        if isinstance(settled.node, ir.Display):
            for item in settled.node.items:
                yield Value(item, settled.scope)
        else:
            yield settled

    def deferred(self) -> Value:
        """Without the string or the lambda that puts its evaluation off."""
        settled = self.settle()
        if isinstance(settled.node, ir.Lambda):
            return Value(settled.node.body, settled.scope)
        if isinstance(settled.node, ir.Const) and isinstance(settled.node.value, str):
            parsed = parse_expression(settled.node.value)
            return Value(parsed, settled.scope) if parsed is not None else settled
        return settled


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call is given."""

    positional: list[Value]
    keywords: dict[str, Value]

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.keywords.get(name)
        return default if value is None else value.scope.flag(value.node, default)

    def text(self, name: str) -> str | None:
        value = self.keywords.get(name)
        return None if value is None else value.text()

    def given(self, name: str) -> Value | None:
        """A keyword argument that is something else than None."""
        value = self.keywords.get(name)
        return None if value is None or is_none(value.node) else value

    def first(self) -> Value | None:
        return self.positional[0] if self.positional else None


@dataclass(frozen=True, slots=True)
class Construct:
    """A call of a library: the leaf of its name, its arguments, its package if that is known."""

    name: str
    arguments: Arguments
    root: str = ""


def is_none(node: ir.Expr | None) -> TypeGuard[ir.Const]:
    return isinstance(node, ir.Const) and node.value is None


def last_name(node: ir.Expr) -> str:
    """``c`` of ``a.b.c``."""
    match node:
        case ir.Name(id=name) | ir.Attribute(attr=name):
            return name
        case ir.Subscript(value=value):
            return last_name(value)
        case _:
            return ""


def dotted_name(node: ir.Expr) -> str:
    """``a.b.c`` as text; empty for everything that isn't a dotted name."""
    match node:
        case ir.Name(id=name):
            return name
        case ir.Attribute(value=value, attr=attr):
            head = dotted_name(value)
            return f"{head}.{attr}" if head else ""
        case _:
            return ""


def last_return(node: ir.FunctionDef) -> ir.Expr | None:
    """What a function returns in the end, for functions that are hardly more than that."""
    found: ir.Expr | None = None
    for statement in node.body:
        match statement:
            case ir.Return(value=value) if value is not None:
                found = value
            case ir.If(body=body, orelse=orelse):
                for inner in (*orelse, *body):
                    if isinstance(inner, ir.Return) and inner.value is not None:
                        found = inner.value
            case _:
                pass
    return found


def bind(node: ir.FunctionDef, arguments: Arguments, scope: Scope) -> dict[str, Value]:
    """Parameters of a function and what a call gives them."""
    bound: dict[str, Value] = {}
    positional = iter(arguments.positional)
    for param in node.params:
        if param.kind in ("positional", "normal"):
            given = next(positional, None) or arguments.keywords.get(param.name)
        elif param.kind == "keyword":
            given = arguments.keywords.get(param.name)
        else:
            continue
        if given is not None:
            bound[param.name] = given
        elif param.default is not None:
            bound[param.name] = Value(param.default, Scope(scope.program, scope.module))
    return bound


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> ir.Expr | None:
    """A string that SQLAlchemy would evaluate. The ordinals in it mean nothing."""
    module = parse("<string>", text.strip() + "\n")
    if isinstance(module, ir.Module) and len(module.body) == 1 and isinstance(module.body[0], ir.ExprStmt):
        return module.body[0].value
    return None
