"""Which classes of a program are mapped, parents before children."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detachlint.models.roots import Root, Roots, Style
from detachlint.models.scope import Scope
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import ClassInfo, External


@dataclass(frozen=True, slots=True, eq=False)
class MappedClass:
    """A mapped class.

    Args:
        parent: the mapped class it inherits from.
        lineage: the classes that add to its mapping, in method resolution order: itself, mixins and abstract
            bases; neither the parent nor what is above it.
        ancestry: its whole method resolution order.
    """

    info: ClassInfo
    root: Root
    parent: MappedClass | None
    lineage: tuple[ClassInfo, ...]
    ancestry: tuple[ClassInfo, ...]

    @property
    def qualname(self) -> str:
        return self.info.qualname


class MappedClasses:
    """The mapped classes of a program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._roots = Roots(program)
        self._found: dict[str, MappedClass | None] = {}

    def all(self) -> Iterator[MappedClass]:
        """Parents first."""
        for cls in list(self._program.classes.values()):
            self._visit(cls)
        for found in self._found.values():
            if found is not None:
                yield found

    def _visit(self, cls: ClassInfo) -> MappedClass | None:
        if cls.qualname in self._found:
            return self._found[cls.qualname]
        root = self._roots.of(cls)
        if root is None:
            return None
        self._found[cls.qualname] = None  # ends a class that inherits from itself
        ancestry = tuple(self._ancestry(cls, root))
        parent = None
        for base in ancestry[1:]:
            parent = parent or self._visit(base)
        found = self._mapped(cls, root, parent, ancestry)
        del self._found[cls.qualname]  # so that parents stay before children
        self._found[cls.qualname] = found
        return found

    def _mapped(
        self, cls: ClassInfo, root: Root, parent: MappedClass | None, ancestry: tuple[ClassInfo, ...]
    ) -> MappedClass | None:
        members = self._program.members(cls)
        scope = Scope(self._program, cls.module, cls)
        if root.is_base or _is_true(scope, members.get("__abstract__")):
            return None
        above = {id(c) for c in parent.ancestry} if parent is not None else set()
        lineage = tuple(c for c in ancestry if id(c) not in above)
        if root.style is Style.SQLMODEL:
            if parent is not None or not _is_table_model(scope, cls):
                return None
        elif parent is None and is_abstract_concrete(self._program, cls):
            return None
        return MappedClass(cls, root, parent, lineage, ancestry)

    def _ancestry(self, cls: ClassInfo, root: Root) -> Iterator[ClassInfo]:
        seen: set[str] = set()
        for start in (cls, *root.mixins):
            for base in self._program.mro(start):
                if isinstance(base, ClassInfo) and base.qualname not in seen:
                    seen.add(base.qualname)
                    yield base


def _is_true(scope: Scope, member: ir.Stmt | None) -> bool:
    return isinstance(member, (ir.Assign, ir.AnnAssign)) and scope.flag(member.value)


def _is_table_model(scope: Scope, cls: ClassInfo) -> bool:
    return any(arg.keyword == "table" and scope.flag(arg.value) for arg in cls.node.bases)


def is_abstract_concrete(program: Program, cls: ClassInfo) -> bool:
    """Whether the class stands for those derived from it, which are mapped to tables of their own."""
    return any(isinstance(b, External) and b.leaf == "AbstractConcreteBase" for b, _ in program.bases(cls))
