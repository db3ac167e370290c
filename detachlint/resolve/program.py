"""All modules of a program, and the resolution of names across them."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping

from detachlint.parse import ir
from detachlint.resolve.bindings import Binding, Bindings
from detachlint.resolve.declarations import Declarations
from detachlint.resolve.libraries import Namesakes
from detachlint.resolve.linearisation import merged
from detachlint.resolve.made_bases import given_class
from detachlint.resolve.modules import Modules, shared_folders
from detachlint.resolve.symbols import (
    Assigned,
    ClassInfo,
    External,
    FunctionInfo,
    Missing,
    ModuleInfo,
    ModuleSymbol,
    Symbol,
)

_BUILTINS = frozenset(dir(builtins))
_DEPTH = 40


class Program:
    """Immutable once built.

    Args:
        modules: all parsed files; two files may share a dotted name (they are told apart by nearness to the
            importer).
    """

    def __init__(self, modules: Iterable[tuple[str, str, bool, ir.Module]]) -> None:
        self._modules = Modules(modules)
        self.modules = self._modules.by_key
        self.by_path = self._modules.by_path
        self._declared = Declarations()
        self.classes = self._declared.classes
        self.functions = self._declared.functions
        self._bindings = {key: Bindings(info, self._declared) for key, info in self.modules.items()}
        self._namesakes = Namesakes(self._modules, self._bindings)
        self._mro: dict[str, tuple[ClassInfo | External, ...]] = {}
        self._descendants: dict[str, tuple[ClassInfo, ...]] | None = None
        self._meanings: dict[tuple[str, str], Symbol] = {}
        self._looking_up: set[tuple[str, str]] = set()
        for cls in list(self.classes.values()):
            self.mro(cls)  # declares the classes that functions make for it

    def declare_class(self, module: ModuleInfo, node: ir.ClassDef, prefix: str) -> ClassInfo:
        """Register a class of a function; the same node gives the same class."""
        return self._declared.declare_class(module, node, prefix)

    def declare_function(
        self, module: ModuleInfo, node: ir.FunctionDef, prefix: str, owner: ClassInfo | None
    ) -> FunctionInfo:
        """Register a function of a function; the same node gives the same function."""
        return self._declared.declare_function(module, node, prefix, owner)

    # ------------------------------------------------------------- resolution

    def lookup(self, module: ModuleInfo, name: str, _depth: int = 0) -> Symbol:
        """What ``name`` means in the global scope of ``module``; builtins are ``External("builtins.x")``."""
        key = (module.key, name)
        known = self._meanings.get(key)
        if known is not None:
            return known
        if key in self._looking_up:
            return Missing(name)  # a module that imports all of a module that only it could tell of
        self._looking_up.add(key)
        try:
            known = self._look_up(module, name, _depth)
        finally:
            self._looking_up.discard(key)
        if _depth == 0:  # deeper down, a cycle of imports may have cut it short
            self._meanings[key] = known
        return known

    def _look_up(self, module: ModuleInfo, name: str, _depth: int) -> Symbol:
        if _depth > _DEPTH:
            return Missing(name)
        binding = self._bindings[module.key].table.get(name)
        if binding is not None:
            return self._follow(module, name, binding, _depth)
        for star in self._bindings[module.key].stars:
            source = self.import_target(module, star)
            if isinstance(source, ModuleSymbol) and source.module is not module:
                found = self.lookup(source.module, name, _depth + 1)
                if not isinstance(found, Missing) and not (
                    isinstance(found, External) and found.root == "builtins"
                ):
                    return found
        if name in _BUILTINS:
            return External(f"builtins.{name}")
        for star in self._bindings[module.key].stars:
            source = self.import_target(module, star)
            if isinstance(source, External):
                return source.member(name)
        return Missing(name)

    def _follow(self, module: ModuleInfo, name: str, binding: Binding, depth: int) -> Symbol:
        match binding:
            case ir.Import(names=((dotted, alias),)):
                if alias is not None:
                    return self.find(dotted, module)
                return self.find(dotted.partition(".")[0], module)
            case ir.Import():
                return Missing(name)
            case ir.ImportFrom():
                source = self.import_target(module, binding)
                assert binding.names is not None
                wanted = binding.names[0][0]
                if isinstance(source, ModuleSymbol) and source.module is module:
                    # A package that imports from itself, in its ``__init__``, means its submodule.
                    return self._submodule(module, wanted)
                return self.member(source, wanted, depth + 1)
            case Assigned(value=ir.Name() | ir.Attribute() as value) if not (
                isinstance(value, ir.Name) and value.id == name
            ):
                # A plain alias (``Base = models.Base``) means what it is an alias of.
                target = self.resolve(module, value, depth + 1)
                return binding if isinstance(target, (Missing, Assigned)) else target
            case _:
                return binding

    def import_target(self, module: ModuleInfo, node: ir.ImportFrom) -> Symbol:
        """The module that a ``from X import`` names."""
        if node.level == 0:
            return self.find(node.module, module)
        parts = module.name.split(".")
        drop = node.level - 1 if module.is_package else node.level
        base = parts[: len(parts) - drop] if drop else parts
        dotted = ".".join([*base, *([node.module] if node.module else [])])
        return self.find(dotted, module)

    def find(self, dotted: str, near: ModuleInfo | None = None) -> Symbol:
        """A module (or a member of one) by absolute dotted name; what the program doesn't hold is
        External.
        """
        modules = self._modules
        exact = modules.named(dotted, near)
        if exact is not None:
            return ModuleSymbol(exact)
        if modules.has_root_of(dotted):
            head, _, tail = dotted.rpartition(".")
            if head and modules.named(head, near) is not None:
                found = self.member(self.find(head, near), tail)
                if not (isinstance(found, Missing) and modules.is_namespace(dotted)):
                    return found
            if modules.is_namespace(dotted):
                return External(dotted)  # members are found by their whole name
        alike = modules.ending(dotted, near)
        if alike is None or self._namesakes.is_library(dotted, alike):
            return External(dotted)
        if near is None or shared_folders(alike.path, near.path) > 0 or "." in dotted:
            return ModuleSymbol(alike)
        return External(dotted)

    def is_own(self, symbol: External) -> bool:
        """Whether it is of a package of the program, in a file that is not among those that were given."""
        return self._modules.is_namespace(symbol.root)

    def member(self, source: Symbol, name: str, _depth: int = 0) -> Symbol:
        """``source.name``, for modules, classes and libraries."""
        match source:
            case ModuleSymbol(module):
                found = self.lookup(module, name, _depth + 1)
                known = (isinstance(found, External) and found.root == "builtins") or isinstance(
                    found, Missing
                )
                if not known or name in self._bindings[module.key].table:
                    return found
                return self._submodule(module, name)
            case External():
                submodule = self._modules.named(f"{source.dotted}.{name}", None)
                return ModuleSymbol(submodule) if submodule is not None else source.member(name)
            case ClassInfo():
                for base in self.mro(source):
                    if isinstance(base, ClassInfo) and name in self._declared.members[base.qualname]:
                        nested = self._declared.nested[base.qualname].get(name)
                        if nested is not None:
                            return nested
                        return _class_variable(base, name, self._declared.members[base.qualname][name])
                return Missing(name)
            case _:
                return Missing(name)

    def _submodule(self, module: ModuleInfo, name: str) -> Symbol:
        submodule = self._modules.named(f"{module.name}.{name}", module)
        return ModuleSymbol(submodule) if submodule is not None else Missing(name)

    def resolve(self, module: ModuleInfo, node: ir.Expr, _depth: int = 0) -> Symbol:
        """A name, a dotted name, or either with a subscript (``Repository[Order]`` is ``Repository``)."""
        if _depth > _DEPTH:
            return Missing("")
        match node:
            case ir.Name(id=name):
                return self.lookup(module, name, _depth + 1)
            case ir.Attribute(value=value, attr=attr):
                return self.member(self.resolve(module, value, _depth + 1), attr, _depth + 1)
            case ir.Subscript(value=value):
                return self.resolve(module, value, _depth + 1)
            case _:
                return Missing("")

    # ---------------------------------------------------------------- classes

    def members(self, cls: ClassInfo) -> Mapping[str, ir.Stmt]:
        """What the class's own body binds, by name, in order."""
        return self._declared.members[cls.qualname]

    def method(self, cls: ClassInfo, name: str) -> FunctionInfo | None:
        """The function ``name`` of the class's own body."""
        found = self._declared.nested[cls.qualname].get(name)
        return found if isinstance(found, FunctionInfo) else None

    def nested(self, cls: ClassInfo, name: str) -> ClassInfo | FunctionInfo | None:
        return self._declared.nested[cls.qualname].get(name)

    def bases(self, cls: ClassInfo) -> Iterator[tuple[Symbol, ir.Expr]]:
        """Each positional base, resolved, with its expression (for type arguments)."""
        for arg in cls.node.bases:
            if arg.keyword is None and not arg.star:
                yield self.resolve(cls.module, arg.value), arg.value

    def mro(self, cls: ClassInfo) -> tuple[ClassInfo | External, ...]:
        """Method resolution order (C3; depth first where C3 has no answer), library classes included."""
        known = self._mro.get(cls.qualname)
        if known is None:
            self._mro[cls.qualname] = (cls,)  # a class that inherits from itself through a cycle ends here
            parents: list[tuple[ClassInfo | External, ...]] = []
            for base, node in self.bases(cls):
                given = given_class(self, cls.module, base, node)
                if isinstance(base, ClassInfo):
                    parents.append(self.mro(base))
                elif isinstance(base, External):
                    parents.append((base,))
                elif isinstance(base, Assigned):
                    parents.append((External(f"{base.module.name}.{base.name}"),))
                if given is not None and given is not cls:
                    parents.append(self.mro(given))
            known = (cls, *merged(parents))
            self._mro[cls.qualname] = known
        return known

    def descendants(self, cls: ClassInfo) -> tuple[ClassInfo, ...]:
        """The classes that inherit from it."""
        if self._descendants is None:
            found: dict[str, list[ClassInfo]] = {}
            for each in self.classes.values():
                for base in self.mro(each)[1:]:
                    if isinstance(base, ClassInfo):
                        found.setdefault(base.qualname, []).append(each)
            self._descendants = {name: tuple(classes) for name, classes in found.items()}
        return self._descendants.get(cls.qualname, ())

    def external_bases(self, cls: ClassInfo) -> tuple[External, ...]:
        return tuple(base for base in self.mro(cls) if isinstance(base, External))


def _class_variable(cls: ClassInfo, name: str, node: ir.Stmt) -> Symbol:
    match node:
        case ir.Assign(value=value):
            return Assigned(cls.module, name, value)
        case ir.AnnAssign(annotation=annotation, value=value):
            return Assigned(cls.module, name, value, annotation)
        case _:
            return Missing(name)
