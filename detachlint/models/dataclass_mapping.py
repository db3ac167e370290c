"""Mapped dataclasses: which methods are generated."""

from __future__ import annotations

from dataclasses import dataclass

from detachlint.models.mapped_classes import MappedClass
from detachlint.models.scope import Scope, last_name
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo

_DECORATORS = frozenset({"mapped_as_dataclass", "dataclass"})


@dataclass(frozen=True, slots=True)
class DataclassMapping:
    is_dataclass: bool = False
    has_repr: bool = False
    has_eq: bool = False


def dataclass_mapping(program: Program, mapped: MappedClass) -> DataclassMapping:
    """Whether a class is mapped as a dataclass, and whether ``__repr__`` and ``__eq__`` are made for it."""
    info = mapped.info
    options: dict[str, bool] | None = None
    for decorator in info.node.decorators:
        call = decorator.func if isinstance(decorator, ir.Call) else decorator
        if last_name(call) in _DECORATORS:
            options = _decorator_options(Scope(program, info.module), decorator)
    if options is None:
        if not any(b.leaf == "MappedAsDataclass" for b in program.external_bases(info)) and not any(
            b.leaf == "MappedAsDataclass" for c in mapped.ancestry for b in program.external_bases(c)
        ):
            return DataclassMapping()
        options = {}
        for cls in reversed(mapped.ancestry):
            options.update(_class_options(program, cls))
    members = program.members(info)
    return DataclassMapping(
        is_dataclass=True,
        has_repr=options.get("repr", True) and "__repr__" not in members,
        has_eq=options.get("eq", True) and "__eq__" not in members,
    )


def _decorator_options(scope: Scope, decorator: ir.Expr) -> dict[str, bool]:
    if not isinstance(decorator, ir.Call):
        return {}
    keywords = scope.arguments(decorator).keywords
    return {name: value.constant() is not False for name, value in keywords.items()}


def _class_options(program: Program, cls: ClassInfo) -> dict[str, bool]:
    scope = Scope(program, cls.module)
    return {
        arg.keyword: scope.constant(arg.value) is not False
        for arg in cls.node.bases
        if arg.keyword in ("repr", "eq")
    }
