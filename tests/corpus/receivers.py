"""Receivers that the text itself says are no entities: modules, classes, what a module makes of a class that
is not mapped (``db = Database()``), ``self`` in such a class, what annotations say is an object of one, and
what has a method of the name (``found.items()``), as nobody calls what a relationship holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site
from detachlint.parse import ir
from detachlint.parse.walk import calls, nodes, parts
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import (
    Assigned,
    ClassInfo,
    External,
    FunctionInfo,
    ModuleInfo,
    ModuleSymbol,
    Symbol,
)

# Classes of these may hold anything.
_READ = frozenset({"property", "cached_property"})
_ANYTHING = frozenset({"builtins", "typing", "typing_extensions", "collections", "abc"})


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a node stands.

    Args:
        owner: the class around it.
        local: the names that its functions bind; a parameter with its annotation.
    """

    module: ModuleInfo
    owner: ClassInfo | None
    local: Mapping[str, ir.Expr | ClassInfo | None]


def plainly_no_entities(program: Program, graph: ModelGraph) -> set[Site]:
    """The places of attributes whose receiver is plainly something else than an entity."""
    known = _Entities(program, graph)
    plain = {
        Site(scope.module.path, node.n)
        for module in program.modules.values()
        for node, scope in _attributes(program, module.ir.body, _Scope(module, None, {}))
        if known.is_none(node.value, scope)
    }
    return plain if known.are_called else plain | _methods(program)


def _methods(program: Program) -> set[Site]:
    """The attributes that are called."""
    return {
        Site(module.path, call.func.n)
        for module in program.modules.values()
        for call in calls(module.ir.body)
        if isinstance(call.func, ir.Attribute)
    }


class _Entities:
    def __init__(self, program: Program, graph: ModelGraph) -> None:
        self._program = program
        mapped = [program.classes[name] for name in graph.entities if name in program.classes]
        self.are_called = any("__call__" in program.members(cls) for cls in mapped)
        self._above = {b.qualname for cls in mapped for b in program.mro(cls) if isinstance(b, ClassInfo)}

    def is_none(self, receiver: ir.Expr, scope: _Scope) -> bool:
        """Whether the receiver can't be an entity."""
        stated = self._stated(receiver, scope)
        if stated is not None:
            return self._excludes(stated)
        root = receiver
        while isinstance(root, ir.Attribute):
            root = root.value
        if not isinstance(root, ir.Name) or root.id in scope.local:
            return False
        match self._program.resolve(scope.module, receiver):
            case ModuleSymbol() | ClassInfo() | FunctionInfo():
                return True
            case Assigned(module=module, value=ir.Call(func=made_by)):
                made = self._program.resolve(module, made_by)
                return isinstance(made, ClassInfo) and self._excludes(made)
            case _:
                return False

    def _stated(self, node: ir.Expr, scope: _Scope) -> Symbol | None:
        """The class that the program says an expression is an object of: by annotations alone."""
        match node:
            case ir.Name(id=name):
                stated = scope.local.get(name)
                return (
                    stated
                    if stated is None or isinstance(stated, ClassInfo)
                    else self._annotated(stated, scope.module)
                )
            case ir.Attribute(value=value, attr=attr):
                owner = self._stated(value, scope)
                return self._field(owner, attr) if isinstance(owner, ClassInfo) else None
            case ir.Call(func=func) if not isinstance(func, ir.Name) or func.id not in scope.local:
                called = self._program.resolve(scope.module, func)
                return called if isinstance(called, ClassInfo) else None
            case _:
                return None

    def _field(self, owner: ClassInfo, name: str) -> Symbol | None:
        """What an attribute of objects of a class is said to be."""
        for cls in self._program.mro(owner):
            if not isinstance(cls, ClassInfo):
                continue
            member = self._program.members(cls).get(name)
            if isinstance(member, ir.AnnAssign):
                return self._annotated(member.annotation, cls.module)
            if isinstance(member, ir.FunctionDef):
                is_read = any(isinstance(d, ir.Name) and d.id in _READ for d in member.decorators)
                return self._annotated(member.returns, cls.module) if is_read else None
            if member is not None:
                return None
            init = self._program.method(cls, "__init__")
            stated = _set_from(init.node, name) if init is not None else None
            if stated is not None:
                return self._annotated(stated, cls.module)
        return None

    def _excludes(self, symbol: Symbol) -> bool:
        """Whether what something is said to be is no mapped class, and no class above one."""
        match symbol:
            case ClassInfo():
                bases = self._program.external_bases(symbol)
                return symbol.qualname not in self._above and not any(b.leaf == "Protocol" for b in bases)
            case External():
                return symbol.root not in _ANYTHING
            case _:
                return False

    def _annotated(self, node: ir.Expr | None, module: ModuleInfo) -> Symbol | None:
        match node:
            case ir.Binary(op="|", left=left, right=ir.Const(value=None)):
                return self._annotated(left, module)
            case ir.Subscript(value=ir.Name(id="Optional" | "Annotated"), index=index):
                first = index.items[0] if isinstance(index, ir.Display) else index
                return self._annotated(first, module)
            case ir.Name() | ir.Attribute():
                return self._program.resolve(module, node)
            case _:
                return None


def _set_from(init: ir.FunctionDef, name: str) -> ir.Expr | None:
    """The annotation of what ``__init__`` sets an attribute to: its own, or that of the parameter."""
    given = {param.name: param.annotation for param in init.params}
    for node in nodes(init.body):
        match node:
            case ir.AnnAssign(target=ir.Attribute(value=ir.Name(id="self"), attr=attr), annotation=stated):
                if attr == name:
                    return stated
            case ir.Assign(
                targets=(ir.Attribute(value=ir.Name(id="self"), attr=attr),), value=ir.Name(id=source)
            ):
                if attr == name and source not in set(_bound(init.body)):
                    return given.get(source)
            case _:
                pass
    return None


def _attributes(program: Program, item: object, scope: _Scope) -> Iterator[tuple[ir.Attribute, _Scope]]:
    match item:
        case ir.ClassDef():
            inner = program.classes.get(
                f"{scope.owner.qualname if scope.owner else scope.module.key}.{item.name}"
            )
            yield from _inside(program, item, replace(scope, owner=inner))
        case ir.FunctionDef() | ir.Lambda():
            yield from _inside(program, item, _within(item, scope))
        case _:
            if isinstance(item, ir.Attribute):
                yield item, scope
            yield from _inside(program, item, scope)


def _inside(program: Program, item: object, scope: _Scope) -> Iterator[tuple[ir.Attribute, _Scope]]:
    for part in parts(item):
        yield from _attributes(program, part, scope)


def _within(node: ir.FunctionDef | ir.Lambda, scope: _Scope) -> _Scope:
    bound = set(_bound(node.body))
    declared = {
        each.target.id: each.annotation
        for each in nodes(node.body)
        if isinstance(each, ir.AnnAssign) and isinstance(each.target, ir.Name)
    }
    local: dict[str, ir.Expr | ClassInfo | None] = {**scope.local, **dict.fromkeys(bound), **declared}
    for index, param in enumerate(node.params):
        is_self = index == 0 and scope.owner is not None and param.name == "self"
        stated = scope.owner if is_self else param.annotation
        local[param.name] = stated if param.name not in bound else declared.get(param.name)
    return replace(scope, local=local, owner=None)


def _bound(body: object) -> Iterator[str]:
    """The names that a function's body binds somewhere."""
    for node in nodes(body):
        match node:
            case ir.Assign(targets=targets):
                yield from (n for t in targets for n in _names(t))
            case ir.AnnAssign(target=target) | ir.For(target=target) | ir.Walrus(target=target):
                yield from _names(target)
            case ir.Comprehension(clauses=clauses):
                yield from (n for clause in clauses for n in _names(clause.target))
            case ir.With(items=items):
                yield from (n for _, t in items if t is not None for n in _names(t))
            case _:
                pass


def _names(target: ir.Expr) -> list[str]:
    match target:
        case ir.Name(id=name):
            return [name]
        case ir.Display(items=items):
            return [n for item in items for n in _names(item)]
        case ir.Starred(value=value):
            return _names(value)
        case _:
            return []
