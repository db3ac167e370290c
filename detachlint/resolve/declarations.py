"""The classes and functions of a program, and what the bodies of the classes bind."""

from __future__ import annotations

from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, FunctionInfo, ModuleInfo


class Declarations:
    """All of them by qualified name; those of functions join when the interpreter meets them.

    Attributes:
        members: class -> what its own body binds, by name, in order.
        nested: class -> the functions and classes among these.
    """

    def __init__(self) -> None:
        self.classes: dict[str, ClassInfo] = {}
        self.functions: dict[str, FunctionInfo] = {}
        self.members: dict[str, dict[str, ir.Stmt]] = {}
        self.nested: dict[str, dict[str, ClassInfo | FunctionInfo]] = {}

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
        self.members[qualname] = members
        self.nested[qualname] = nested
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


def _is_overload_or_setter(node: ir.FunctionDef) -> bool:
    """``@x.setter``, ``@x.expression`` and the like: the first definition is the one that reads go
    through.
    """
    return any(
        isinstance(d, ir.Attribute)
        and d.attr in {"setter", "deleter", "expression", "comparator", "update_expression", "inplace"}
        for d in node.decorators
    )
