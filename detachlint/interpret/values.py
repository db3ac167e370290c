"""The value domain: a closed union of immutable, hashable values.

What can change lives on the heap (``heap.py``); a ``Ref`` is the handle to it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from msgspec import Struct

from detachlint.domain.source import Site
from detachlint.parse import ir
from detachlint.resolve.symbols import ClassInfo, External, FunctionInfo, ModuleInfo


class Unknown(Struct, frozen=True, gc=False):
    """Anything.

    Args:
        reason: why nothing is known, for ``--statistics`` and ``--strict``; the same value may have several.
        symbol: two unknown values with the same non-zero symbol are the same value.
        truth: its truth value where a branch has decided it.
        type: the class the value is an instance of, where an annotation says so (a library's class).
        affixes: what a text begins and ends with, where these are parts of a name (``"process_" + verb``).
    """

    reason: str
    symbol: int = 0
    truth: bool | None = None
    type: str = ""
    affixes: tuple[str, str] | None = None

    def __hash__(self) -> int:
        return hash((self.symbol, self.truth, self.type))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Unknown)
            and self.symbol == other.symbol
            and self.truth is other.truth
            and self.type == other.type
        )


class Const(Struct, frozen=True, gc=False):
    """A literal; None included."""

    value: str | int | float | bool | None

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Const) and type(self.value) is type(other.value) and self.value == other.value
        )


class Test(Struct, frozen=True, gc=False):
    """A test of a value.

    Args:
        kind: ``true``, or a comparison with what ``against`` says: ``is`` (one constant), ``in`` (one of
            these), ``has`` (it is contained), ``<`` or ``>``.
    """

    kind: str
    against: tuple[Const, ...] = ()


IS_TRUE = Test("true")
Learnt = Mapping[tuple[int, Test], bool]
"""What a path has learnt of unknown values, by their symbols: whether a test holds."""


NONE = Const(None)
TRUE = Const(True)
FALSE = Const(False)


class Ref(Struct, frozen=True, gc=False):
    """A handle to a heap object. Negative addresses belong to the modules and are the same in every call."""

    address: int


class ClassValue(Struct, frozen=True, gc=False):
    """A class of the program, with the type arguments of ``Repository[Order]``.

    Args:
        closure: captured variables by name, of a class that a function makes; its objects keep that class as
            their ``__class__``.
    """

    info: ClassInfo
    arguments: tuple[Value, ...] = ()
    closure: tuple[tuple[str, Value], ...] = ()


class Function(Struct, frozen=True, gc=False):
    """A function, method or lambda of the program.

    Args:
        bound: what ``self`` or ``cls`` is bound to.
        closure: captured variables by name, as they were when the function was made.
        raw: decorators are not applied (a decorator's wrapper calls the function itself).
    """

    info: FunctionInfo
    bound: Value | None = None
    closure: tuple[tuple[str, Value], ...] = ()


class LambdaValue(Struct, frozen=True, gc=False):
    node: ir.Lambda
    module: ModuleInfo
    closure: tuple[tuple[str, Value], ...]


class ModuleValue(Struct, frozen=True, gc=False):
    info: ModuleInfo


class Library(Struct, frozen=True, gc=False):
    """A function, class or module of a library: ``sqlalchemy.select``."""

    name: External


class Member(Struct, frozen=True, gc=False):
    """``receiver.name`` where the receiver is not of the program: a bound method of a session, a list, a
    statement ...
    """

    receiver: Value
    name: str


class Partial(Struct, frozen=True, gc=False):
    """``functools.partial``."""

    func: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


class Coroutine(Struct, frozen=True, gc=False):
    """A call that has not run: what it would call, and with what."""

    func: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    site: Site


class Awaitable(Struct, frozen=True, gc=False):
    """A library's awaitable whose result is known already."""

    value: Value


class Generator(Struct, frozen=True, gc=False):
    """A generator or a context manager made of one: the body runs when somebody iterates or enters."""

    func: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    site: Site


class Tuple(Struct, frozen=True, gc=False):
    """A tuple of known length; ``names`` for rows and named tuples."""

    items: tuple[Value, ...]
    names: tuple[str, ...] = ()


class Super(Struct, frozen=True, gc=False):
    """``super()`` in a method of ``owner``."""

    owner: ClassInfo
    receiver: Value


# --------------------------------------------------------------- SQLAlchemy


class MappedAttribute(Struct, frozen=True, gc=False):
    """``Booking.user``: a mapped attribute on the class, or on an alias of it."""

    entity: str
    name: str
    alias: int = 0
    of_type: tuple[str, ...] = ()


class Alias(Struct, frozen=True, gc=False):
    """``aliased(User)`` or ``with_polymorphic(Base, [Sub])``."""

    entity: str
    number: int
    loads: tuple[str, ...] = ()


class Hop(Struct, frozen=True, gc=False):
    """A step of a loader path. ``name`` "*" is the wildcard; ``entity`` "" matches any."""

    entity: str
    name: str
    alias: int = 0
    of_type: tuple[str, ...] = ()


class Directive(Struct, frozen=True, gc=False):
    """One effect of a loader option: ``strategy`` for what ``path`` ends in.

    Strategies are those of relationships (``selectin``, ``joined``, ``raise`` ...), ``path`` for a hop that
    is named and not loaded, and for columns ``load_only``, ``defer``, ``undefer``, ``defer_raise``,
    ``undefer_group``, ``polymorphic``. ``old``: only SQLAlchemy 1 takes it (strings, ``_all``).
    """

    path: tuple[Hop, ...]
    strategy: str
    names: tuple[str, ...] = ()
    recursion: int = 0
    old: bool = False


class Option(Struct, frozen=True, gc=False):
    """A loader option: directives, and the path that ``.options()`` and further hops are appended to."""

    directives: tuple[Directive, ...]
    cursor: tuple[Hop, ...] = ()
    site: Site | None = None


class Sql(Struct, frozen=True, gc=False):
    """An SQL expression. ``equals`` are the (attribute, value) pairs that every selected row satisfies,
    ``in_`` those whose attribute is one of several values; ``whole``: ``equals`` says everything;
    ``server``: only the server can compute it (a function).
    """

    equals: tuple[tuple[MappedAttribute, Value], ...] = ()
    attributes: tuple[MappedAttribute, ...] = ()
    in_: tuple[tuple[MappedAttribute, Value], ...] = ()
    whole: bool = False
    server: bool = False


class Item(Struct, frozen=True, gc=False):
    """One thing that a statement selects: an entity (``attribute`` "") or a column of one, or neither."""

    entity: str = ""
    attribute: str = ""
    alias: int = 0
    label: str = ""
    polymorphic: tuple[str, ...] = ()


class Statement(Struct, frozen=True, gc=False):
    """A ``Select`` (or ``insert/update ... returning``, or a legacy ``Query`` with its session).

    Args:
        kind: ``select``, ``query``, ``insert``, ``update``, ``delete``, ``text``.
        joins: attributes that the statement joins along, for ``contains_eager``.
        last: what was joined last, or selected from, as an attribute without a name.
        dml: the entity that an insert, update or delete writes.
        whole: ``where`` says all that decides which rows come.
        order: what the rows are ordered by; an expression that isn't an attribute is an ``Sql``.
        sources: entities that the rows come from besides the items; "*" is one that isn't known.
        relation: of a ``dynamic`` one, the relationship that it is.
        given: another statement gives the rows, which no join can widen.
        computed: of an update, the attributes that it sets to what only the server can compute.
        synchronised: of an update, whether objects of the session learn of it.
        extended: where another file goes on with it than the one that has made it.
    """

    kind: str
    items: tuple[Item, ...]
    site: Site
    options: tuple[Directive, ...] = ()
    where: tuple[tuple[MappedAttribute, Value], ...] = ()
    joins: tuple[MappedAttribute, ...] = ()
    joined: frozenset[str] = frozenset()
    limited: bool = False
    populate_existing: bool = False
    session: Value | None = None
    dml: str = ""
    filtered: bool = False
    whole: bool = True
    order: tuple[Value, ...] = ()
    sources: frozenset[str] = frozenset()
    relation: MappedAttribute | None = None
    given: bool = False
    computed: frozenset[str] = frozenset()
    synchronised: bool = True
    extended: Site | None = None
    last: MappedAttribute | None = None


class Result(Struct, frozen=True, gc=False):
    """Rows, not fetched yet.

    Args:
        rows: what each item of a row is.
        shape: ``row``, ``scalar`` or ``mapping``.
        streamed: the rows come from the server as they are asked for; others are buffered.
        duplicates: the entity and collection that was joined, when ``unique()`` must be called and wasn't.
        lone: there is exactly one row.
        remark: what a framework has to say of the query once it is known how the rows are fetched.
    """

    rows: tuple[Value, ...]
    names: tuple[str, ...]
    shape: str
    site: Site
    session: Value | None
    duplicates: tuple[str, str] | None = None
    streamed: bool = False
    lone: bool = False
    remark: Hashable | None = None


class InstanceState(Struct, frozen=True, gc=False):
    """``inspect(obj)``, and what hangs on it: ``view`` is "", ``unloaded``, ``attrs``, ``attr``, ``history``,
    ``dict``, ``awaitable_attrs``, or one of the mapper's.
    """

    target: Value
    view: str = ""
    name: str = ""


class Union(Struct, frozen=True, gc=False):
    """One of a few."""

    options: frozenset[Value]


Value = (
    Unknown
    | Const
    | Ref
    | ClassValue
    | Function
    | LambdaValue
    | ModuleValue
    | Library
    | Member
    | Partial
    | Coroutine
    | Awaitable
    | Generator
    | Tuple
    | Super
    | MappedAttribute
    | Alias
    | Option
    | Sql
    | Statement
    | Result
    | InstanceState
    | Union
)

UNION_WIDTH = 6
# The same for code: what a table of handlers may give.
CODE_WIDTH = 40


def alternatives(value: Value) -> tuple[Value, ...]:
    """What the value may be, always in the same order."""
    return tuple(sorted(value.options, key=repr)) if isinstance(value, Union) else (value,)


def union(values: list[Value]) -> Value:
    """One of ``values``; too many, or none, is unknown."""
    flat: dict[Value, None] = {}
    for value in values:
        flat.update(dict.fromkeys(alternatives(value)))
    if not flat:
        return Unknown("no value")
    if len(flat) == 1:
        return next(iter(flat))
    if len(flat) > UNION_WIDTH and not (
        len(flat) <= CODE_WIDTH and all(isinstance(v, Function) for v in flat)
    ):
        return Unknown("too many alternatives")
    return Union(frozenset(flat))


def is_table(value: Value) -> bool:
    """Whether a value is one of so many functions that no path is made for each of them."""
    return isinstance(value, Union) and len(value.options) > UNION_WIDTH
