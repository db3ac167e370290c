"""What a name can stand for."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

from detachlint.parse import ir


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """A module of the program.

    Args:
        key: unique name: the dotted module name, or that with its path where two files share a name.
        name: dotted name, as imports spell it.
        path: relative path of the file.
    """

    key: str
    name: str
    path: str
    is_package: bool
    ir: ir.Module = field(repr=False)  # a whole file; unions are sorted by such texts


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClassInfo:
    """A class of the program; ``qualname`` is ``module.Outer.Inner`` and unique. Compared by identity."""

    qualname: str
    module: ModuleInfo
    node: ir.ClassDef

    def __repr__(self) -> str:
        return f"ClassInfo({self.qualname!r}, {self.module.path!r}, {self.node.n})"

    @property
    def name(self) -> str:
        return self.node.name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FunctionInfo:
    """A function or method of the program; ``owner`` is the class whose body it stands in. Compared by
    identity.
    """

    qualname: str
    module: ModuleInfo
    node: ir.FunctionDef
    owner: ClassInfo | None = None

    def __repr__(self) -> str:
        return f"FunctionInfo({self.qualname!r}, {self.module.path!r}, {self.node.n})"

    @property
    def name(self) -> str:
        return self.node.name


@dataclass(frozen=True, slots=True)
class ModuleSymbol:
    """A module of the program, used as a value."""

    module: ModuleInfo


class External(Struct, frozen=True, gc=False):
    """Something of a library: ``dotted`` as imported, e.g. ``sqlalchemy.orm.selectinload``.

    Libraries re-export freely, so compare ``root`` and ``leaf`` rather than the whole.
    """

    dotted: str

    @property
    def root(self) -> str:
        return self.dotted.partition(".")[0]

    @property
    def leaf(self) -> str:
        return self.dotted.rpartition(".")[2]

    def member(self, name: str) -> External:
        return External(f"{self.dotted}.{name}")


@dataclass(frozen=True, slots=True)
class Assigned:
    """A module-level (or class-level) variable and the expression it was given (None: only annotated)."""

    module: ModuleInfo
    name: str
    value: ir.Expr | None
    annotation: ir.Expr | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that nothing binds."""

    name: str


Symbol = ClassInfo | FunctionInfo | ModuleSymbol | External | Assigned | Missing
