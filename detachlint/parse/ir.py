"""The intermediate representation: Python's syntax without its trivia.

Every node carries ``n``, its ordinal in the lowering walk. Walking the same text again gives the same ordinals, so a
place is an ordinal until somebody asks for lines and columns (``positions.py``).
"""

from __future__ import annotations

from msgspec import Struct


class Node(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Common base; ``n`` is the ordinal."""

    n: int


# ---------------------------------------------------------------- expressions


class Const(Node):
    value: str | int | float | bool | None


class Name(Node):
    id: str


class Attribute(Node):
    value: Expr
    attr: str


class Arg(Struct, frozen=True, array_like=True, gc=False):
    """``star`` is "", "*" or "**"."""

    value: Expr
    keyword: str | None = None
    star: str = ""


class Call(Node):
    func: Expr
    args: tuple[Arg, ...]


class Subscript(Node):
    value: Expr
    index: Expr


class Slice(Node):
    lower: Expr | None
    upper: Expr | None


class Display(Node):
    """A tuple, list or set display; ``kind`` is "tuple", "list" or "set"."""

    kind: str
    items: tuple[Expr, ...]


class Dict(Node):
    """A key of None is a ``**`` splice."""

    items: tuple[tuple[Expr | None, Expr], ...]


class Starred(Node):
    value: Expr


class Param(Struct, frozen=True, array_like=True, gc=False):
    """``kind`` is "positional", "normal", "*", "keyword" or "**"."""

    name: str
    kind: str
    annotation: Expr | None = None
    default: Expr | None = None


class Lambda(Node):
    params: tuple[Param, ...]
    body: Expr


class Clause(Struct, frozen=True, array_like=True, gc=False):
    target: Expr
    iter: Expr
    conditions: tuple[Expr, ...]
    is_async: bool


class Comprehension(Node):
    """``kind`` is "list", "set", "dict" or "generator"; a dict has ``value`` too."""

    kind: str
    element: Expr
    value: Expr | None
    clauses: tuple[Clause, ...]


class IfExp(Node):
    test: Expr
    body: Expr
    orelse: Expr


class BoolOp(Node):
    op: str
    left: Expr
    right: Expr


class Compare(Node):
    left: Expr
    rest: tuple[tuple[str, Expr], ...]


class Unary(Node):
    op: str
    operand: Expr


class Binary(Node):
    op: str
    left: Expr
    right: Expr


class Await(Node):
    value: Expr


class Yield(Node):
    value: Expr | None


class YieldFrom(Node):
    value: Expr


class FString(Node):
    """The replacement fields with their conversions ("", "r", "s", "a")."""

    parts: tuple[tuple[Expr, str], ...]


class Walrus(Node):
    target: Expr
    value: Expr


class Opaque(Node):
    """Bytes, complex numbers, ``...``: nothing that the analysis looks into."""


Expr = (
    Const
    | Name
    | Attribute
    | Call
    | Subscript
    | Slice
    | Display
    | Dict
    | Starred
    | Lambda
    | Comprehension
    | IfExp
    | BoolOp
    | Compare
    | Unary
    | Binary
    | Await
    | Yield
    | YieldFrom
    | FString
    | Walrus
    | Opaque
)

# ----------------------------------------------------------------- statements


class ExprStmt(Node):
    value: Expr


class Assign(Node):
    targets: tuple[Expr, ...]
    value: Expr


class AnnAssign(Node):
    target: Expr
    annotation: Expr
    value: Expr | None


class AugAssign(Node):
    target: Expr
    op: str
    value: Expr


class Return(Node):
    value: Expr | None


class Raise(Node):
    exc: Expr | None
    cause: Expr | None


class Assert(Node):
    test: Expr


class Delete(Node):
    targets: tuple[Expr, ...]


class Pass(Node):
    pass


class Break(Node):
    pass


class Continue(Node):
    pass


class Global(Node):
    """``global`` and ``nonlocal``; ``scope`` tells which."""

    scope: str
    names: tuple[str, ...]


class Import(Node):
    names: tuple[tuple[str, str | None], ...]


class ImportFrom(Node):
    """``names`` is None for a star import."""

    module: str
    level: int
    names: tuple[tuple[str, str | None], ...] | None


class If(Node):
    test: Expr
    body: Block
    orelse: Block


class While(Node):
    test: Expr
    body: Block
    orelse: Block


class For(Node):
    target: Expr
    iter: Expr
    body: Block
    orelse: Block
    is_async: bool


class With(Node):
    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block
    is_async: bool


class Handler(Node):
    exc: Expr | None
    name: str | None
    body: Block


class Try(Node):
    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    finalbody: Block
    is_star: bool


class MatchClass(Node):
    cls: Expr
    patterns: tuple[Pattern, ...]
    keywords: tuple[tuple[str, Pattern], ...]


class MatchValue(Node):
    value: Expr


class MatchCapture(Node):
    """``case x``, ``case _`` (name None), ``case <pattern> as x``."""

    name: str | None
    pattern: Pattern | None


class MatchSequence(Node):
    patterns: tuple[Pattern, ...]


class MatchOr(Node):
    patterns: tuple[Pattern, ...]


class MatchOther(Node):
    """A mapping or star pattern: binds these names to something unknown."""

    names: tuple[str, ...]


Pattern = MatchClass | MatchValue | MatchCapture | MatchSequence | MatchOr | MatchOther


class Case(Struct, frozen=True, array_like=True, gc=False):
    pattern: Pattern
    guard: Expr | None
    body: Block


class Match(Node):
    subject: Expr
    cases: tuple[Case, ...]


class TypeParam(Struct, frozen=True, array_like=True, gc=False):
    """A PEP 695 type parameter."""

    name: str
    bound: Expr | None = None


class FunctionDef(Node):
    name: str
    params: tuple[Param, ...]
    body: Block
    decorators: tuple[Expr, ...]
    returns: Expr | None
    is_async: bool
    is_generator: bool
    type_params: tuple[TypeParam, ...]


class ClassDef(Node):
    name: str
    bases: tuple[Arg, ...]
    body: Block
    decorators: tuple[Expr, ...]
    type_params: tuple[TypeParam, ...]


class TypeAlias(Node):
    name: str
    value: Expr


Stmt = (
    ExprStmt
    | Assign
    | AnnAssign
    | AugAssign
    | Return
    | Raise
    | Assert
    | Delete
    | Pass
    | Break
    | Continue
    | Global
    | Import
    | ImportFrom
    | If
    | While
    | For
    | With
    | Try
    | Match
    | FunctionDef
    | ClassDef
    | TypeAlias
)
Block = tuple[Stmt, ...]


class Module(Struct, frozen=True, array_like=True, gc=False):
    """A parsed file."""

    body: Block
    lines: int
