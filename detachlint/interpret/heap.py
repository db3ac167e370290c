"""What lives on the abstract heap, and the state of one path through a function.

Heap objects are immutable: changing one puts a new object at its address.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from enum import StrEnum

from msgspec import Struct, field

from detachlint.domain.facts import Cause, Step, Via
from detachlint.interpret.values import (
    ClassValue,
    Const,
    Directive,
    Learnt,
    Ref,
    Unknown,
    Value,
)
from detachlint.resolve.symbols import ClassInfo, External


class Life(StrEnum):
    """SQLAlchemy's object states; UNKNOWN for objects whose making wasn't seen."""

    TRANSIENT = "transient"
    PENDING = "pending"
    PERSISTENT = "persistent"
    DETACHED = "detached"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class Inherited(Struct, frozen=True, gc=False):
    """Stands in a history, inside a call, for the history that the caller's object has."""

    address: int


History = tuple[Step | Inherited | Via, ...]


class Loaded(Struct, frozen=True, gc=False):
    """The attribute is in memory and has this value."""

    value: Value


class Unloaded(Struct, frozen=True, gc=False):
    """Reading the attribute would emit SQL."""

    cause: Cause


class Perhaps(Struct, frozen=True, gc=False):
    """Loaded on some paths, or nobody knows."""

    reason: str


AttributeState = Loaded | Unloaded | Perhaps


class Base(StrEnum):
    """What an entity's attributes are that have no state of their own yet."""

    QUERIED = "queried"
    FRESH = "fresh"
    STORED = "stored"
    UNKNOWN = "unknown"


class Plan(Struct, frozen=True, gc=False):
    """What a query loads from this entity on.

    Args:
        directives: the options, their paths relative to this entity.
        path: the mapped classes on the way from the query's root to here (cyclic eager loading stops on
            them).
        polymorphic: subclasses whose own attributes were loaded along.
        reached_by: ``option`` or ``mapping`` for what a relationship led to, "" for the query's own entity.
        to_one: the last hop was to one object.
        loads: (entity, relationship) pairs that the options load anywhere in the query.
        repeated: entities that the options reach in more than one place: the same row may come from either.
        separate: a hop on the way was loaded by a SELECT of its own (selectin or immediate).
        immediate: the SELECT that loaded this entity is that of an ``immediate`` to one object.
        lazily: this entity came by a lazy or ``immediate`` load, which fills nothing that is there already.
        reload: an object that was loaded with options is loaded again, and only joins were followed since:
            what a SELECT of its own loads does not see the object on its way.
        later: options that came with a merged object: they hold when it is read again.
        second: another query may have brought the object before: then that one's options stay with it.
        other: the way by which a query with ``populate_existing`` may have come to it later: what is loaded
            from then on is loaded on that way.
        select_from: where in ``path`` the SELECT begins that loaded this entity (joined hops are part of it).
        beside: what the query selects in the same rows as its entity: the identity map may have it.
        way: a framework's mark of the query and the way from it, where somebody asks for that.
    """

    directives: tuple[Directive, ...] = ()
    path: tuple[str, ...] = ()
    polymorphic: tuple[str, ...] = ()
    reached_by: str = ""
    to_one: bool = False
    select_from: int = 0
    loads: frozenset[tuple[str, str]] = frozenset()
    repeated: frozenset[str] = frozenset()
    way: Hashable | None = None
    separate: bool = False
    immediate: bool = False
    reload: bool = False
    lazily: bool = False
    later: tuple[Directive, ...] = ()
    second: bool = False
    other: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()


class EntityObject(Struct, frozen=True, gc=False):
    """A mapped instance, or all instances that one query returned (``many``).

    Args:
        attributes: states that differ from what ``base`` and ``plan`` say.
        session: address of its session, or None.
        expired: why everything without a state of its own was expired, or None.
        every: stands for all rows of its table.
        touched: flushed inside a savepoint that is still open.
        identity: primary key, where known: a Const or an Unknown with a symbol.
        exact: the class is exactly this one and no subclass.
        outlives: how the object got away from its session (for DET110), or "".
        in_map: many-to-one attributes whose target is in the identity map, with the target.
        changed: attributes with unflushed changes; "*" for some that are not known.
        left: the moment at which it was detached (an unknown value), where that is known: what left at
            different moments is not one object.
        shared: foreign keys in which all the instances are equal, as the query asked for one value.
    """

    entity: str
    base: Base
    life: Life
    session: int | None = None
    plan: Plan = Plan()
    attributes: Mapping[str, AttributeState] = field(default_factory=dict)
    expired: Cause | None = None
    many: bool = False
    every: bool = False
    touched: bool = False
    identity: Value | None = None
    exact: bool = False
    outlives: str = ""
    in_map: Mapping[str, Value] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    left: Value | None = None
    history: History = ()

    def key(self) -> tuple[object, ...]:
        """All that matters for what will happen; the history does not."""
        return (
            "entity",
            self.entity,
            self.base,
            self.life,
            self.session,
            self.plan,
            tuple(sorted(self.attributes.items(), key=_name)),
            self.expired,
            self.many,
            self.every,
            self.touched,
            self.identity,
            self.exact,
            self.outlives,
            tuple(sorted(self.in_map.items(), key=_name)),
            self.changed,
            self.shared,
            self.left,
        )


class Held(Struct, frozen=True, gc=False):
    """What a session holds under a name: a function that listens to the event of that name; its dictionary
    ``info``; while listeners run, its objects.

    Args:
        once: the listener is called one time only.
    """

    name: str
    value: Value
    once: bool = False


ANYTHING = "*"
"""Among the classes of a session: a call that was not followed may have loaded any."""


class SessionObject(Struct, frozen=True, gc=False):
    """A session.

    Args:
        is_async: an AsyncSession (False inside ``run_sync``).
        effects: what has happened to *all* its objects since the current function was entered, so that the
            caller's objects that the function never saw are changed too: ``commit``, ``rollback``, ``close``,
            ``flush``, ``expire``.
        classes: entities that have been loaded into it (an unloaded many-to-one may be answered by the
            identity map); ``ANYTHING`` where nobody knows.
        nested: inside ``begin_nested`` (a rollback expires only what changed there).
        known: its creation was seen or its type is annotated.
        scoped: made per request or thread by a registry; never closed by leaving a block.
        left: its ``with`` block has ended.
        shared: several tasks hold it at this moment.
        busy: one of them has used it.
        ending: the running code is a task ("background task") that was handed objects of it, and it will have
            been closed when that task goes on after its first wait.
        cls: the program's own class that it is made of, or "".
        block: "open" in a ``begin()`` block, "ended" there after a commit or rollback of its own: until the
            block is left no SQL may be emitted.
        held: listeners and other things that hang on it.
    """

    is_async: bool
    expire_on_commit: bool = True
    autoflush: bool = True
    open: bool = True
    effects: tuple[str, ...] = ()
    classes: frozenset[str] = frozenset()
    nested: int = 0
    active: bool = False
    known: bool = True
    left: bool = False
    shared: bool = False
    busy: bool = False
    ending: str = ""
    cls: str = ""
    block: str = ""
    held: tuple[Held, ...] = ()
    history: History = ()

    def key(self) -> tuple[object, ...]:
        return (
            "session",
            self.is_async,
            self.expire_on_commit,
            self.autoflush,
            self.open,
            self.effects,
            self.classes,
            self.nested,
            self.active,
            self.left,
            self.shared,
            self.busy,
            self.ending,
            self.cls,
            self.block,
        )


class Instance(Struct, frozen=True, gc=False):
    """A plain object of the program's or a library's class.

    Args:
        declared: nobody has seen how it was made: it may be of a subclass of ``cls``, and fields that have
            defaults may be anything.
        others: the classes that it may be of as well, as far as its annotation says (``Cat | Dog``).
    """

    cls: ClassInfo | External
    fields: Mapping[str, Value] = field(default_factory=dict)
    arguments: tuple[Value, ...] = ()
    declared: bool = False
    others: tuple[ClassInfo, ...] = ()


class Sequence(Struct, frozen=True, gc=False):
    """A list, set, deque or the like.

    Args:
        kind: ``list``, ``set`` or ``iterator``.
        items: the elements known one by one, first ones first.
        rest: what all other elements are; None when there are none.
        empty: True when it is known to be empty on this path, False when known not to be.
        owner: (address, attribute) of the entity collection it is.
    """

    kind: str
    items: tuple[Value, ...] = ()
    rest: Value | None = None
    empty: bool | None = None
    owner: tuple[Ref, str] | None = None


class Dictionary(Struct, frozen=True, gc=False):
    """A dict: entries whose keys are known (``names_one``), and what all others are."""

    entries: tuple[tuple[Value, Value], ...] = ()
    rest: tuple[Value, Value] | None = None


HeapObject = EntityObject | SessionObject | Instance | Sequence | Dictionary


def names_one(key: Value) -> bool:
    """Whether a value that is equal to this one is the same key of a dict."""
    match key:
        case Const() | ClassValue():
            return True
        case Unknown(symbol=symbol):
            return symbol != 0
        case _:
            return False  # equal tuples may hold things that differ


def told(heap: Mapping[int, HeapObject]) -> tuple[int, int]:
    """How much a heap says of the ORM: the objects of modules that the call has changed, as others will see
    that; then its mapped instances, and what containers hold. Of many paths, those on which a loop was
    skipped, or nothing was collected, say least.
    """
    count = outliving = 0
    for address, obj in heap.items():
        outliving += address < 0
        match obj:
            case EntityObject():
                count += 1
            case Sequence(items=items, rest=rest):
                count += len(items) + (rest is not None)
            case Dictionary(entries=entries, rest=pair):
                count += len(entries) + (pair is not None)
            case _:
                pass
    return outliving, count


def _name(item: tuple[str, object]) -> str:
    return item[0]


class State(Struct):
    """One path through a function: its variables, its heap, and what it has assumed of unknown conditions.

    Args:
        assumptions: text of a condition -> the truth value that this path took for it.
        suspended: in a generator that was entered by ``with`` or ``for``: the path of the block that runs at
            its ``yield`` (its heap is stale: the heap is shared and lives here).
        completion: how that block ended the last time.
        learnt: what tests have shown of unknown values; replaced, and never changed in place.
        taken: which branch of an ``if`` it has just come out of.
    """

    env: dict[str, Value]
    heap: dict[int, HeapObject]
    next_address: int
    assumptions: dict[str, bool] = field(default_factory=dict)
    suspended: State | None = None
    completion: tuple[str, Value] | None = None
    learnt: Learnt = field(default_factory=dict)
    taken: bool | None = None

    def fork(self) -> State:
        return State(
            dict(self.env),
            dict(self.heap),
            self.next_address,
            dict(self.assumptions),
            self.suspended,
            self.completion,
            self.learnt,
        )

    def on_heap_of(self, other: State) -> State:
        """This path's variables on the heap as ``other`` left it."""
        return State(
            dict(self.env),
            dict(other.heap),
            other.next_address,
            dict(self.assumptions),
            self.suspended,
            self.completion,
            {**self.learnt, **other.learnt} if self.learnt else other.learnt,
        )

    def allocate(self, obj: HeapObject) -> Ref:
        address = self.next_address
        self.next_address = address + 1
        self.heap[address] = obj
        return Ref(address)


def merge_effects(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    """Both in order, each once."""
    return tuple(dict.fromkeys((*before, *after)))
