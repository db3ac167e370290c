"""All modules of a program, and the resolution of names across them."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping

from detachlint.parse import ir
from detachlint.resolve.libraries import names_a_library
from detachlint.resolve.made_bases import given_class
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

Binding = ClassInfo | FunctionInfo | Assigned | ir.Import | ir.ImportFrom


class Program:
    """Immutable once built.

    Args:
        modules: all parsed files; two files may share a dotted name (they are told apart by nearness to the
            importer).
    """

    def __init__(self, modules: Iterable[tuple[str, str, bool, ir.Module]]) -> None:
        listed = sorted(modules, key=lambda m: m[1])
        seen: set[str] = set()
        self.modules: dict[str, ModuleInfo] = {}
        self.by_path: dict[str, ModuleInfo] = {}
        self._by_name: dict[str, list[ModuleInfo]] = {}
        self._tails: dict[str, list[ModuleInfo]] = {}
        for name, path, is_package, tree in listed:
            key = name if name not in seen else f"{name}@{path}"
            seen.add(name)
            info = ModuleInfo(key, name, path, is_package, tree)
            self.modules[key] = info
            self.by_path[path] = info
            self._by_name.setdefault(name, []).append(info)
            self._tails.setdefault(name.rpartition(".")[2], []).append(info)
        self._packages = {name.partition(".")[0] for name in self._by_name}
        self.classes: dict[str, ClassInfo] = {}
        self.functions: dict[str, FunctionInfo] = {}
        self._bindings: dict[str, dict[str, Binding]] = {}
        self._stars: dict[str, list[ir.ImportFrom]] = {}
        self._members: dict[str, dict[str, ir.Stmt]] = {}
        self._nested: dict[str, dict[str, ClassInfo | FunctionInfo]] = {}
        self._mro: dict[str, tuple[ClassInfo | External, ...]] = {}
        self._descendants: dict[str, tuple[ClassInfo, ...]] | None = None
        self._meanings: dict[tuple[str, str], Symbol] = {}
        for info in self.modules.values():
            table: dict[str, Binding] = {}
            self._bindings[info.key] = table
            self._stars[info.key] = []
            self._bind(info, info.ir.body, table, override=True)

    # --------------------------------------------------------------- building

    def _bind(self, module: ModuleInfo, body: ir.Block, table: dict[str, Binding], *, override: bool) -> None:
        def put(name: str, binding: Binding) -> None:
            if override or name not in table:
                table[name] = binding

        for node in body:
            match node:
                case ir.ClassDef():
                    put(node.name, self.declare_class(module, node, module.key))
                case ir.FunctionDef():
                    put(node.name, self.declare_function(module, node, module.key, None))
                case ir.Import():
                    for dotted, alias in node.names:
                        put(alias or dotted.partition(".")[0], ir.Import(node.n, ((dotted, alias),)))
                case ir.ImportFrom(names=None):
                    self._stars[module.key].append(node)
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
                    self._bind(module, meant, table, override=override)
                    self._bind(module, node.orelse, table, override=override and not meant)
                    self._bind(module, node.body, table, override=False)
                case ir.If():
                    self._bind(module, node.body, table, override=override)
                    self._bind(module, node.orelse, table, override=False)
                case ir.Try():
                    self._bind(module, node.body, table, override=override)
                    for handler in node.handlers:
                        self._bind(module, handler.body, table, override=False)
                    self._bind(module, node.orelse, table, override=override)
                    self._bind(module, node.finalbody, table, override=override)
                case ir.With() | ir.For() | ir.While():
                    self._bind(module, node.body, table, override=override)
                case _:
                    pass

    def declare_class(self, module: ModuleInfo, node: ir.ClassDef, prefix: str) -> ClassInfo:
        """Register a class (also one in a function, when the interpreter meets it); the same node gives the
        same class.
        """
        qualname = f"{prefix}.{node.name}"
        known = self.classes.get(qualname)
        if known is not None:
            if known.node is node:
                return known
            qualname = f"{qualname}#{node.n}"
            if qualname in self.classes:
                return self.classes[qualname]
        info = ClassInfo(qualname, module, node)
        self.classes[qualname] = info
        members: dict[str, ir.Stmt] = {}
        nested: dict[str, ClassInfo | FunctionInfo] = {}
        self._members[qualname] = members
        self._nested[qualname] = nested
        self._collect(module, info, node.body, members, nested)
        return info

    def _collect(
        self,
        module: ModuleInfo,
        info: ClassInfo,
        body: ir.Block,
        members: dict[str, ir.Stmt],
        nested: dict[str, ClassInfo | FunctionInfo],
    ) -> None:
        for node in body:
            match node:
                case ir.FunctionDef():
                    if node.name in members and _is_overload_or_setter(node):
                        continue
                    members[node.name] = node
                    nested[node.name] = self.declare_function(module, node, info.qualname, info)
                case ir.ClassDef():
                    members[node.name] = node
                    nested[node.name] = self.declare_class(module, node, info.qualname)
                case ir.Assign():
                    for target in node.targets:
                        if isinstance(target, ir.Name):
                            members[target.id] = node
                case ir.AnnAssign(target=ir.Name(id=name)):
                    members[name] = node
                case ir.If():
                    self._collect(module, info, node.body, members, nested)
                    self._collect(module, info, node.orelse, members, nested)
                case _:
                    pass

    def declare_function(
        self, module: ModuleInfo, node: ir.FunctionDef, prefix: str, owner: ClassInfo | None
    ) -> FunctionInfo:
        """Register a function; the same node gives the same function."""
        qualname = f"{prefix}.{node.name}"
        known = self.functions.get(qualname)
        if known is not None:
            if known.node is node:
                return known
            qualname = f"{qualname}#{node.n}"
            if qualname in self.functions:
                return self.functions[qualname]
        info = FunctionInfo(qualname, module, node, owner)
        self.functions[qualname] = info
        return info

    # ------------------------------------------------------------- resolution

    def lookup(self, module: ModuleInfo, name: str, _depth: int = 0) -> Symbol:
        """What ``name`` means in the global scope of ``module``; builtins are ``External("builtins.x")``."""
        key = (module.key, name)
        known = self._meanings.get(key)
        if known is None:
            known = self._look_up(module, name, _depth)
            if _depth == 0:  # deeper down, a cycle of imports may have cut it short
                self._meanings[key] = known
        return known

    def _look_up(self, module: ModuleInfo, name: str, _depth: int) -> Symbol:
        if _depth > _DEPTH:
            return Missing(name)
        binding = self._bindings[module.key].get(name)
        if binding is not None:
            return self._follow(module, name, binding, _depth)
        for star in self._stars[module.key]:
            source = self.import_target(module, star)
            if isinstance(source, ModuleSymbol) and source.module is not module:
                found = self.lookup(source.module, name, _depth + 1)
                if not isinstance(found, Missing) and not (
                    isinstance(found, External) and found.root == "builtins"
                ):
                    return found
        if name in _BUILTINS:
            return External(f"builtins.{name}")
        for star in self._stars[module.key]:
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
        exact = self._nearest(self._by_name.get(dotted), near)
        if exact is not None:
            return ModuleSymbol(exact)
        if dotted.partition(".")[0] in self._packages:
            head, _, tail = dotted.rpartition(".")
            if head and head in self._by_name:
                return self.member(self.find(head, near), tail)
            if any(name.startswith(dotted + ".") for name in self._by_name):
                return External(dotted)  # a namespace package: members are found by their whole name
        tail = dotted.rpartition(".")[2]
        near_by = [
            m
            for m in self._tails.get(tail, ())
            if m.name.endswith("." + dotted) or (dotted.endswith("." + m.name) and "." in m.name)
        ]
        found = self._nearest(near_by, near) if near_by else None
        if found is not None and names_a_library(dotted, found, self._bindings[found.key].values()):
            return External(dotted)
        if found is not None and (near is None or shared_folders(found.path, near.path) > 0 or "." in dotted):
            return ModuleSymbol(found)
        return External(dotted)

    def _nearest(self, candidates: list[ModuleInfo] | None, near: ModuleInfo | None) -> ModuleInfo | None:
        if not candidates:
            return None
        if len(candidates) == 1 or near is None:
            return candidates[0]
        return max(candidates, key=lambda m: (shared_folders(m.path, near.path), m.path))

    def member(self, source: Symbol, name: str, _depth: int = 0) -> Symbol:
        """``source.name``, for modules, classes and libraries."""
        match source:
            case ModuleSymbol(module):
                found = self.lookup(module, name, _depth + 1)
                known = (isinstance(found, External) and found.root == "builtins") or isinstance(
                    found, Missing
                )
                if not known or name in self._bindings[module.key]:
                    return found
                return self._submodule(module, name)
            case External():
                submodule = self._nearest(self._by_name.get(f"{source.dotted}.{name}"), None)
                return ModuleSymbol(submodule) if submodule is not None else source.member(name)
            case ClassInfo():
                for base in self.mro(source):
                    if isinstance(base, ClassInfo) and name in self._members[base.qualname]:
                        nested = self._nested[base.qualname].get(name)
                        if nested is not None:
                            return nested
                        return _class_variable(base, name, self._members[base.qualname][name])
                return Missing(name)
            case _:
                return Missing(name)

    def _submodule(self, module: ModuleInfo, name: str) -> Symbol:
        submodule = self._nearest(self._by_name.get(f"{module.name}.{name}"), module)
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
        return self._members[cls.qualname]

    def method(self, cls: ClassInfo, name: str) -> FunctionInfo | None:
        """The function ``name`` of the class's own body."""
        found = self._nested[cls.qualname].get(name)
        return found if isinstance(found, FunctionInfo) else None

    def nested(self, cls: ClassInfo, name: str) -> ClassInfo | FunctionInfo | None:
        return self._nested[cls.qualname].get(name)

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
            known = (cls, *_merge(parents))
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


def _merge(sequences: list[tuple[ClassInfo | External, ...]]) -> list[ClassInfo | External]:
    todo = [list(s) for s in sequences if s]
    todo.append([s[0] for s in sequences if s])
    out: list[ClassInfo | External] = []
    while any(todo):
        todo = [s for s in todo if s]
        head = next(
            (s[0] for s in todo if not any(s[0] in other[1:] for other in todo)),
            todo[0][0] if todo else None,
        )
        if head is None:
            break
        if head not in out:
            out.append(head)
        todo = [[c for c in s if c != head] for s in todo]
    return out


def shared_folders(left: str, right: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for a, b in zip(left.split("/")[:-1], right.split("/")[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count


def _class_variable(cls: ClassInfo, name: str, node: ir.Stmt) -> Symbol:
    match node:
        case ir.Assign(value=value):
            return Assigned(cls.module, name, value)
        case ir.AnnAssign(annotation=annotation, value=value):
            return Assigned(cls.module, name, value, annotation)
        case _:
            return Missing(name)


def _names_something(node: ir.Stmt) -> bool:
    """Whether a statement imports, or gives another name to something: ``Session = orm.Session``."""
    return isinstance(node, (ir.Import, ir.ImportFrom)) or (
        isinstance(node, ir.Assign) and isinstance(node.value, ir.Attribute)
    )


def _is_for_type_checkers(test: ir.Expr) -> bool:
    return (isinstance(test, ir.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ir.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _is_overload_or_setter(node: ir.FunctionDef) -> bool:
    """``@x.setter``, ``@x.expression`` and the like: the first definition is the one that reads go
    through.
    """
    return any(
        isinstance(d, ir.Attribute)
        and d.attr in {"setter", "deleter", "expression", "comparator", "update_expression", "inplace"}
        for d in node.decorators
    )
