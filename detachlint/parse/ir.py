"""The intermediate representation: Python's syntax without its trivia.

Every node carries ``n``, its ordinal in the lowering walk. Walking the same text again gives the same
ordinals, so a place is an ordinal until somebody asks for lines and columns (``positions.py``).
"""

from __future__ import annotations

from msgspec import Struct


class Node(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Common base; ``n`` is the ordinal."""

    n: int


class Const(Node, frozen=True):
    value: str | int | float | bool | None


class Name(Node, frozen=True):
    id: str


class Attribute(Node, frozen=True):
    value: Expr
    attr: str


class Arg(Struct, frozen=True, array_like=True, gc=False):
    """``star`` is "", "*" or "**"."""

    value: Expr
    keyword: str | None = None
    star: str = ""


class Call(Node, frozen=True):
    func: Expr
    args: tuple[Arg, ...]


class Subscript(Node, frozen=True):
    value: Expr
    index: Expr


class Slice(Node, frozen=True):
    """``lower:upper``; ``stepped``: with a step, which is not kept."""

    lower: Expr | None
    upper: Expr | None
    stepped: bool = False


class Display(Node, frozen=True):
    """A tuple, list or set display; ``kind`` is "tuple", "list" or "set"."""

    kind: str
    items: tuple[Expr, ...]


class Dict(Node, frozen=True):
    """A key of None is a ``**`` splice."""

    items: tuple[tuple[Expr | None, Expr], ...]


class Starred(Node, frozen=True):
    value: Expr


class Param(Struct, frozen=True, array_like=True, gc=False):
    """``kind`` is "positional", "normal", "*", "keyword" or "**"."""

    name: str
    kind: str
    annotation: Expr | None = None
    default: Expr | None = None


class Lambda(Node, frozen=True):
    params: tuple[Param, ...]
    body: Expr


class Clause(Struct, frozen=True, array_like=True, gc=False):
    target: Expr
    iter: Expr
    conditions: tuple[Expr, ...]
    is_async: bool


class Comprehension(Node, frozen=True):
    """``kind`` is "list", "set", "dict" or "generator"; a dict has ``value`` too."""

    kind: str
    element: Expr
    value: Expr | None
    clauses: tuple[Clause, ...]


class IfExp(Node, frozen=True):
    test: Expr
    body: Expr
    orelse: Expr


class BoolOp(Node, frozen=True):
    op: str
    left: Expr
    right: Expr


class Compare(Node, frozen=True):
    left: Expr
    rest: tuple[tuple[str, Expr], ...]


class Unary(Node, frozen=True):
    op: str
    operand: Expr


class Binary(Node, frozen=True):
    op: str
    left: Expr
    right: Expr


class Await(Node, frozen=True):
    value: Expr


class Yield(Node, frozen=True):
    value: Expr | None


class YieldFrom(Node, frozen=True):
    value: Expr


class FString(Node, frozen=True):
    """The replacement fields with their conversions ("", "r", "s", "a").

    ``words`` is the text before, between and behind the fields, where it can be a part of a name
    (``f"export_{kind}"``); the text of sentences is not kept.
    """

    parts: tuple[tuple[Expr, str], ...]
    words: tuple[str, ...] = ()


class Walrus(Node, frozen=True):
    target: Expr
    value: Expr


class Opaque(Node, frozen=True):
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


class ExprStmt(Node, frozen=True):
    value: Expr


class Assign(Node, frozen=True):
    targets: tuple[Expr, ...]
    value: Expr


class AnnAssign(Node, frozen=True):
    target: Expr
    annotation: Expr
    value: Expr | None


class AugAssign(Node, frozen=True):
    target: Expr
    op: str
    value: Expr


class Return(Node, frozen=True):
    value: Expr | None


class Raise(Node, frozen=True):
    exc: Expr | None
    cause: Expr | None


class Assert(Node, frozen=True):
    test: Expr


class Delete(Node, frozen=True):
    targets: tuple[Expr, ...]


class Pass(Node, frozen=True):
    pass


class Break(Node, frozen=True):
    pass


class Continue(Node, frozen=True):
    pass


class Global(Node, frozen=True):
    """``global`` and ``nonlocal``; ``scope`` tells which."""

    scope: str
    names: tuple[str, ...]


class Import(Node, frozen=True):
    names: tuple[tuple[str, str | None], ...]


class ImportFrom(Node, frozen=True):
    """``names`` is None for a star import."""

    module: str
    level: int
    names: tuple[tuple[str, str | None], ...] | None


class If(Node, frozen=True):
    test: Expr
    body: Block
    orelse: Block


class While(Node, frozen=True):
    test: Expr
    body: Block
    orelse: Block


class For(Node, frozen=True):
    target: Expr
    iter: Expr
    body: Block
    orelse: Block
    is_async: bool


class With(Node, frozen=True):
    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block
    is_async: bool


class Handler(Node, frozen=True):
    exc: Expr | None
    name: str | None
    body: Block


class Try(Node, frozen=True):
    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block
    finalbody: Block


class MatchClass(Node, frozen=True):
    cls: Expr
    patterns: tuple[Pattern, ...]
    keywords: tuple[tuple[str, Pattern], ...]


class MatchValue(Node, frozen=True):
    value: Expr


class MatchCapture(Node, frozen=True):
    """``case x``, ``case _`` (name None), ``case <pattern> as x``."""

    name: str | None
    pattern: Pattern | None


class MatchSequence(Node, frozen=True):
    patterns: tuple[Pattern, ...]


class MatchOr(Node, frozen=True):
    patterns: tuple[Pattern, ...]


class MatchOther(Node, frozen=True):
    """A mapping or star pattern: binds these names to something unknown."""

    names: tuple[str, ...]


Pattern = MatchClass | MatchValue | MatchCapture | MatchSequence | MatchOr | MatchOther


class Case(Struct, frozen=True, array_like=True, gc=False):
    pattern: Pattern
    guard: Expr | None
    body: Block


class Match(Node, frozen=True):
    subject: Expr
    cases: tuple[Case, ...]


class TypeParam(Struct, frozen=True, array_like=True, gc=False):
    """A PEP 695 type parameter."""

    name: str
    bound: Expr | None = None


class FunctionDef(Node, frozen=True):
    name: str
    params: tuple[Param, ...]
    body: Block
    decorators: tuple[Expr, ...]
    returns: Expr | None
    is_async: bool
    is_generator: bool
    type_params: tuple[TypeParam, ...]


class ClassDef(Node, frozen=True):
    name: str
    bases: tuple[Arg, ...]
    body: Block
    decorators: tuple[Expr, ...]
    type_params: tuple[TypeParam, ...]


class TypeAlias(Node, frozen=True):
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


class Module(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """A parsed file."""

    body: Block
    lines: int
