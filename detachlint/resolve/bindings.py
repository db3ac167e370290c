"""What the top level of a module binds: definitions, imports, variables; in branches too."""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.parse import ir
from detachlint.parse.walk import own_nodes
from detachlint.resolve.declarations import Declarations
from detachlint.resolve.symbols import Assigned, ClassInfo, FunctionInfo, ModuleInfo

Binding = ClassInfo | FunctionInfo | Assigned | ir.Import | ir.ImportFrom


class Bindings:
    """The names of one module.

    Args:
        declarations: gets the module's classes and functions.

    Attributes:
        stars: its ``from X import *``.
    """

    def __init__(self, module: ModuleInfo, declarations: Declarations) -> None:
        self.table: dict[str, Binding] = {}
        self.stars: list[ir.ImportFrom] = []
        self._module = module
        self._declarations = declarations
        self._bind(module.ir.body, override=True)
        self._fill()
        for function in module.ir.body:
            if isinstance(function, ir.FunctionDef) and function.name == "__getattr__":
                self._bind(tuple(_imported_on_demand(function)), override=False)

    def _bind(self, body: ir.Block, *, override: bool) -> None:
        module, table = self._module, self.table

        def put(name: str, binding: Binding) -> None:
            if override or name not in table:
                table[name] = binding

        for node in body:
            match node:
                case ir.ClassDef():
                    put(node.name, self._declarations.declare_class(module, node, module.key))
                case ir.FunctionDef():
                    put(node.name, self._declarations.declare_function(module, node, module.key, None))
                case ir.Import():
                    for dotted, alias in node.names:
                        put(alias or dotted.partition(".")[0], ir.Import(node.n, ((dotted, alias),)))
                case ir.ImportFrom(names=None):
                    self.stars.append(node)
                case ir.ImportFrom(names=names) if names is not None:
                    for name, alias in names:
                        put(alias or name, ir.ImportFrom(node.n, node.module, node.level, ((name, alias),)))
                case ir.Assign():
                    for target in node.targets:
                        if isinstance(target, ir.Name):
                            put(target.id, Assigned(module, target.id, node.value))
                        elif isinstance(target, ir.Display):
                            for each in target.items:
                                if isinstance(each, ir.Name):
                                    put(each.id, Assigned(module, each.id, None))
                case ir.AnnAssign(target=ir.Name(id=name)):
                    put(name, Assigned(module, name, node.value, node.annotation))
                case ir.TypeAlias():
                    put(node.name, Assigned(module, node.name, node.value))
                case ir.If(test=test) if _is_for_type_checkers(test):
                    # What it imports or calls otherwise says what annotations mean; the rest does not exist.
                    meant = tuple(s for s in node.body if _names_something(s))
                    self._bind(meant, override=override)
                    self._bind(node.orelse, override=override and not meant)
                    self._bind(node.body, override=False)
                case ir.If():
                    self._bind(node.body, override=override)
                    self._bind(node.orelse, override=False)
                case ir.Try():
                    self._bind(node.body, override=override)
                    for handler in node.handlers:
                        self._bind(handler.body, override=False)
                    self._bind(node.orelse, override=override)
                    self._bind(node.finalbody, override=override)
                case ir.With() | ir.For() | ir.While():
                    self._bind(node.body, override=override)
                case _:
                    pass

    def _fill(self) -> None:
        """A variable that the module leaves None, and that one of its functions makes, is what that makes:
        ``db = None; def init(): global db; db = SQLAlchemy()``.
        """
        empty = {
            name
            for name, binding in self.table.items()
            if isinstance(binding, Assigned)
            and isinstance(binding.value, ir.Const)
            and binding.value.value is None
        }
        made: dict[str, list[ir.Expr]] = {}
        for function in self._module.ir.body if empty else ():
            for name, value in _sets(function) if isinstance(function, ir.FunctionDef) else ():
                made.setdefault(name, []).append(value)
        for name in sorted(empty & made.keys()):
            binding = self.table[name]
            if len(made[name]) == 1 and isinstance(binding, Assigned):
                self.table[name] = Assigned(self._module, name, made[name][0], binding.annotation)


def _sets(function: ir.FunctionDef) -> Iterator[tuple[str, ir.Expr]]:
    """The module's variables that a function sets to the result of a call."""
    nodes = list(own_nodes(function.body))
    declared = {name for node in nodes if isinstance(node, ir.Global) for name in node.names}
    for node in nodes if declared else ():
        if isinstance(node, ir.Assign) and isinstance(node.value, ir.Call):
            for target in node.targets:
                if isinstance(target, ir.Name) and target.id in declared:
                    yield target.id, node.value


def _imported_on_demand(function: ir.FunctionDef) -> Iterator[ir.ImportFrom]:
    """The imports of a module's ``__getattr__`` (PEP 562) that it returns."""
    nodes = list(own_nodes(function.body))
    returned = {n.value.id for n in nodes if isinstance(n, ir.Return) and isinstance(n.value, ir.Name)}
    for node in nodes:
        if isinstance(node, ir.ImportFrom) and node.names is not None:
            names = tuple((name, alias) for name, alias in node.names if (alias or name) in returned)
            if names:
                yield ir.ImportFrom(node.n, node.module, node.level, names)


def _names_something(node: ir.Stmt) -> bool:
    """Whether a statement imports, or gives another name to something: ``Session = orm.Session``."""
    return isinstance(node, (ir.Import, ir.ImportFrom)) or (
        isinstance(node, ir.Assign) and isinstance(node.value, ir.Attribute)
    )


def _is_for_type_checkers(test: ir.Expr) -> bool:
    return (isinstance(test, ir.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ir.Attribute) and test.attr == "TYPE_CHECKING"
    )
