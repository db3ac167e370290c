"""Application objects, and whether the program's own detached-instance middleware is installed on them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from detachlint.domain.facts import AppWithoutMiddleware
from detachlint.domain.source import Site
from detachlint.frameworks.syntax import called_name
from detachlint.interpret.frame import Frame
from detachlint.interpret.machine import Machine
from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.symbols import Assigned, ClassInfo, External, FunctionInfo, ModuleInfo

_APPLICATIONS = frozenset({"FastAPI", "Starlette"})
_MARK = "DetachedInstance"
MAX_DEPTH = 5


class Creation(Struct, frozen=True):
    """A variable that holds a new application: where, in which module and function, and its name."""

    module: ModuleInfo
    function: FunctionInfo | None
    variable: str
    call: ir.Call


class AppCheck(Struct, frozen=True):
    """Emits a fact for each application without the middleware."""

    machine: Machine

    @property
    def function(self) -> FunctionInfo | None:
        return None

    def run(self, frame: Frame) -> None:
        classes = middlewares(self.machine)
        if not classes:
            return
        names = frozenset(c.name for c in classes)
        wanted = min(classes, key=lambda c: (c.name, c.qualname)).qualname
        search = Search(self.machine, names)
        for creation in creations(self.machine):
            if not search.installed(creation):
                site = Site(creation.module.path, creation.call.n)
                frame.emit(AppWithoutMiddleware(site, creation.variable, wanted))


def middlewares(machine: Machine) -> tuple[ClassInfo, ...]:
    """The program's middleware classes against detached instances."""
    return tuple(
        c for c in machine.program.classes.values() if _MARK in c.name and c.name.endswith("Middleware")
    )


def creations(machine: Machine) -> Iterator[Creation]:
    for module in machine.program.modules.values():
        for function, body in _bodies(machine, module):
            for node in statements(body):
                if not isinstance(node, (ir.Assign, ir.AnnAssign)) or not isinstance(node.value, ir.Call):
                    continue
                symbol = machine.program.resolve(module, node.value.func)
                target = node.targets[0] if isinstance(node, ir.Assign) else node.target
                if isinstance(symbol, External) and symbol.leaf in _APPLICATIONS:
                    yield Creation(module, function, name_of(target), node.value)


def _bodies(machine: Machine, module: ModuleInfo) -> Iterator[tuple[FunctionInfo | None, ir.Block]]:
    yield None, module.ir.body
    for info in machine.program.functions.values():
        if info.module is module:
            yield info, info.node.body


def statements(block: ir.Block) -> Iterator[ir.Stmt]:
    """All statements, those of nested blocks included, functions and classes not entered."""
    for node in block:
        yield node
        if isinstance(node, (ir.FunctionDef, ir.ClassDef)):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from statements(getattr(node, name, ()))
        for handler in getattr(node, "handlers", ()):
            yield from statements(handler.body)


def name_of(node: ir.Expr) -> str:
    """``app`` or ``self.app``."""
    if isinstance(node, ir.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ir.Name) else ""


class Search:
    """Looks for the installation of a middleware on an application."""

    def __init__(self, machine: Machine, names: frozenset[str]) -> None:
        self.machine = machine
        self.names = names

    def installed(self, creation: Creation) -> bool:
        if self._mentions(creation.module, creation.call):
            return True
        return self._on_variable(creation.module, creation.function, creation.variable, 0)

    def _mentions(self, module: ModuleInfo, node: object, depth: int = 0) -> bool:
        """Whether the middleware's name occurs in an expression, or in the variables that it names."""
        for item in own_nodes(node):
            if isinstance(item, (ir.Name, ir.Attribute)):
                if (item.id if isinstance(item, ir.Name) else item.attr) in self.names:
                    return True
                symbol = self.machine.program.resolve(module, item) if depth < MAX_DEPTH else None
                if (
                    isinstance(symbol, Assigned)
                    and symbol.value is not None
                    and not isinstance(symbol.value, ir.Call)
                ):
                    if self._mentions(symbol.module, symbol.value, depth + 1):
                        return True
                elif isinstance(symbol, ClassInfo) and symbol.name in self.names:
                    return True
        return False

    def _on_variable(
        self, module: ModuleInfo, function: FunctionInfo | None, variable: str, depth: int
    ) -> bool:
        """Whether the code around installs the middleware on ``variable``, or hands it to code that does."""
        if depth > MAX_DEPTH:
            return False
        scopes = [b for f, b in _bodies(self.machine, module) if f is function or function is None]
        scopes += self._importers(module, variable) if function is None else []
        for body in scopes:
            for call in _calls(body):
                if self._installs(module, call, variable, depth):
                    return True
        return function is not None and _returns(function, variable) and self._by_callers(function, depth)

    def _installs(self, module: ModuleInfo, call: ir.Call, variable: str, depth: int) -> bool:
        arguments = [a.value for a in call.args]
        if isinstance(call.func, ir.Attribute) and name_of(call.func.value) == variable:
            return call.func.attr == "add_middleware" and self._mentions(module, tuple(arguments))
        if variable not in [name_of(a) for a in arguments]:
            return False
        if called_name(call) in self.names:
            return True
        if isinstance(call.func, ir.Attribute) and call.func.attr == "mount":
            return self._on_variable(module, self._around(module, call), name_of(call.func.value), depth + 1)
        helper = self.machine.program.resolve(module, call.func)
        if not isinstance(helper, FunctionInfo):
            return False
        position = [name_of(a) for a in arguments].index(variable)
        keyword = call.args[position].keyword
        params = [p.name for p in helper.node.params]
        inside = keyword or (params[position] if position < len(params) else "")
        return self._on_variable(helper.module, helper, inside, depth + 1)

    def _around(self, module: ModuleInfo, call: ir.Call) -> FunctionInfo | None:
        for function, body in _bodies(self.machine, module):
            if function is not None and call in list(_calls(body)):
                return function
        return None

    def _importers(self, module: ModuleInfo, variable: str) -> list[ir.Block]:
        """Bodies in other modules that import the variable."""
        found: list[ir.Block] = []
        for other in self.machine.program.modules.values():
            if other is module:
                continue
            symbol = self.machine.program.lookup(other, variable)
            if isinstance(symbol, Assigned) and symbol.module is module:
                found += [body for _, body in _bodies(self.machine, other)]
        return found

    def _by_callers(self, function: FunctionInfo, depth: int) -> bool:
        """Whether somebody who calls the factory installs the middleware on what it returns."""
        for module in self.machine.program.modules.values():
            for caller, body in _bodies(self.machine, module):
                for node in statements(body):
                    if not isinstance(node, ir.Assign) or not isinstance(node.value, ir.Call):
                        continue
                    if self.machine.program.resolve(module, node.value.func) is not function:
                        continue
                    if self._on_variable(module, caller, name_of(node.targets[0]), depth + 1):
                        return True
        return False


def _returns(function: FunctionInfo, variable: str) -> bool:
    return any(
        isinstance(s, ir.Return) and s.value is not None and name_of(s.value) == variable
        for s in statements(function.node.body)
    )


def _calls(block: ir.Block) -> Iterator[ir.Call]:
    return (node for node in own_nodes(block) if isinstance(node, ir.Call))
