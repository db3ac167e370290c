"""The objects of the program's modules: they outlive every call, and every function sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from detachlint.interpret.heap import (
    Dictionary,
    EntityObject,
    HeapObject,
    Inherited,
    Instance,
    Life,
    Sequence,
    SessionObject,
)
from detachlint.interpret.likeness.canonical import canonicalise
from detachlint.interpret.likeness.renaming import Renaming, reachable
from detachlint.interpret.likeness.shapes import Shapes
from detachlint.interpret.values import Const, Ref, Tuple, Union, Unknown, Value, union
from detachlint.resolve.symbols import External

GLOBAL_VARIABLE = "global variable"
# Stands among the addresses for a variable of which nobody notes who reads it.
EVERYWHERE = 0


class ModuleHeap:
    """Objects by address, all of them below zero.

    Args:
        counts: where is counted what was kept beyond its session.
        fresh_symbol: gives unknown values an identity.
        shapes: exact ones.

    Attributes:
        changed: addresses of the objects in which something was kept since the functions were last run.
        touched: addresses that were looked at by what is running.
        overridden: those that it looked at, or set, where its path has a state of its own.
        filled: addresses of those in which what is running has kept something where nobody had before.
        variables: those of modules and classes that something sets later, by owner and name: each has an
            address, under which stands nothing.
    """

    def __init__(self, counts: Counter[str], fresh_symbol: Callable[[], int], shapes: Shapes) -> None:
        self.objects: dict[int, HeapObject] = {}
        self.changed: set[int] = set()
        self.touched: set[int] = set()
        self.overridden: set[int] = set()
        self.filled: set[int] = set()
        self.variables: dict[str, dict[str, int]] = {}
        self._written: set[tuple[int | str, str]] = set()
        self._counts = counts
        self._shapes = shapes
        self._fresh_symbol = fresh_symbol
        self._last_address = 0
        self._of_class: dict[External, tuple[int, list[Instance]]] = {}
        self._promoted: dict[tuple[int, str], dict[object, Value]] = {}

    def get(self, address: int) -> HeapObject | None:
        self.touched.add(address)
        return self.objects.get(address)

    def watch(self, variables: Iterable[tuple[str, str]]) -> None:
        """Note from now on who reads these variables of modules and classes: (module or class, name)."""
        for owner, name in sorted(variables):
            self.variables.setdefault(owner, {})[name] = self.next_address()

    def variable(self, owner: str, name: str) -> int:
        """The address of a variable of a module or class."""
        return self.variables.get(owner, {}).get(name, EVERYWHERE)

    def note_set(self, owner: str, name: str) -> None:
        """A variable of a class has been set from outside: who has read it before has not seen that."""
        address = self.variable(owner, name)
        if address != EVERYWHERE:
            self.changed.add(address)

    def note_read(self, owner: str, name: str) -> None:
        """What is running reads a variable of a module or class."""
        known = self.variables.get(owner)
        if known is not None and name in known:
            self.touched.add(known[name])

    def of_class(self, cls: External) -> list[Instance]:
        """The instances of a library's class; they are looked up once in each state of the heap."""
        known = self._of_class.get(cls)
        if known is None or known[0] != self._last_address:
            found = [o for o in self.objects.values() if isinstance(o, Instance) and o.cls == cls]
            known = self._of_class[cls] = (self._last_address, found)
        return known[1]

    def next_address(self) -> int:
        self._last_address -= 1
        return self._last_address

    def allocate(self, obj: HeapObject) -> Ref:
        address = self.next_address()
        self.objects[address] = obj
        return Ref(address)

    def update(
        self,
        address: int,
        obj: HeapObject,
        *,
        defining: bool,
        heap: Mapping[int, HeapObject] = MappingProxyType({}),
    ) -> None:
        """A module's object changed. While the module runs that is an ordinary change; later, from a
        function, other functions may see it or not, so what was there before stays possible.
        """
        known = self.objects.get(address)
        if defining or known is None:
            self.objects[address] = obj
            return
        if is_private(known):
            return
        self._merge(address, known, obj, heap)
        if self.objects[address] is not known:
            self._note_write(address, known, self.objects[address])

    def _merge(
        self, address: int, known: HeapObject, obj: HeapObject, heap: Mapping[int, HeapObject]
    ) -> None:
        match known, obj:
            case Instance(), Instance():
                fields = dict(known.fields)
                how = "class variable" if known.cls == CLASS_VARIABLE else "module-level object"
                for name, value in obj.fields.items():
                    kept = self.promote(heap, value, (address, name), how)
                    if kept is not None:
                        fields[name] = kept if name not in fields else union([fields[name], kept])
                self.objects[address] = replace(known, fields=fields)
            case Dictionary(), Dictionary():
                pairs = [*obj.entries, *([obj.rest] if obj.rest is not None else [])]
                values = [self.promote(heap, v, (address, "entry"), "module-level cache") for _, v in pairs]
                kept_values = [v for v in values if v is not None]
                if kept_values:
                    rest = known.rest[1] if known.rest is not None else None
                    joined = union([*kept_values, *([rest] if rest is not None else [])])
                    self.objects[address] = replace(known, rest=(Unknown("key"), joined))
            case Sequence(), Sequence():
                several = [*obj.items, *([obj.rest] if obj.rest is not None else [])]
                values = [self.promote(heap, v, (address, "item"), "module-level list") for v in several]
                kept_values = [v for v in values if v is not None]
                if kept_values:
                    joined = union([*kept_values, *([known.rest] if known.rest is not None else [])])
                    self.objects[address] = replace(known, rest=joined, empty=None)
            case _:
                pass

    def _note_write(self, address: int, before: HeapObject, after: HeapObject) -> None:
        """Note what was kept where nothing was before, if it says more than that it is unknown."""
        new: dict[str, Value] = {}
        match before, after:
            case Instance(), Instance():
                new = {n: v for n, v in after.fields.items() if before.fields.get(n) != v}
            case _, Dictionary(rest=(_, value)) | Sequence(rest=value) if value is not None:
                new = {"": value}
        for name, value in new.items():
            self.note_filled(address, name, value)

    def note_filled(self, address: int | str, name: str, value: Value) -> None:
        """Something was kept in an object, in a module's variable, or in a class of that name."""
        if (address, name) not in self._written and not _has_no_objects(value):
            self._written.add((address, name))
            self.filled.add(address if isinstance(address, int) else EVERYWHERE)

    def promote(
        self,
        heap: Mapping[int, HeapObject],
        value: Value,
        slot: tuple[int, str],
        how: str,
        *,
        loading: bool = False,
    ) -> Value | None:
        """A copy, on the heap of the modules, of what a call stored in something that outlives it: by the
        time that another function finds it there, its session has ended.

        Args:
            slot: what it was stored in; a slot keeps a few different things only.
            loading: a module is being run: a session that is made meanwhile is all requests' registry.
        """
        if not reaches_local(value):
            return value
        is_object = isinstance(value, Ref) and isinstance(heap.get(value.address), Instance)
        if is_object and (how != GLOBAL_VARIABLE or (not loading and _is_used(value, heap))):
            return None
        context = canonicalise(self._shapes, [value], {a: o for a, o in heap.items() if a >= 0})
        known = self._promoted.setdefault(slot, {})
        if context.key in known:
            return known[context.key]
        if len(known) >= 3:
            return None
        context.rename(inherit=False)
        addresses: dict[int, int] = {}

        def address(number: int) -> int:
            if number < 0:
                return number
            if number not in addresses:
                addresses[number] = self.next_address()
            return addresses[number]

        renaming = Renaming(address, lambda s: self._fresh_symbol())
        promoted = renaming.value(context.arguments[0])
        for number, obj in context.heap.items():
            new = renaming.heap_object(obj)
            if isinstance(new, EntityObject) and isinstance(obj, EntityObject):
                new = _outliving(new, obj, how)
            self.objects[address(number)] = new
        known[context.key] = promoted
        self._counts["objects kept beyond their session"] += 1
        self.changed.add(slot[0])
        return promoted


def _is_used(value: Value, heap: Mapping[int, HeapObject]) -> bool:
    """Whether an object holds a session or what came from one: a service that serves one request."""
    return any(isinstance(heap[a], (EntityObject, SessionObject)) for a in reachable([value], heap))


def _has_no_objects(value: Value) -> bool:
    match value:
        case Unknown() | Const():
            return True
        case Union(options=several) | Tuple(items=several):
            return all(_has_no_objects(v) for v in several)
        case _:
            return False


def _outliving(new: EntityObject, obj: EntityObject, how: str) -> EntityObject:
    """An object that is found again when the session that it came from has ended."""
    if new.life is Life.TRANSIENT:
        return new
    scoped = obj.session is not None and obj.session < 0
    life = new.life if scoped or new.life is Life.UNKNOWN else Life.DETACHED
    session = new.session if scoped else None
    history = tuple(h for h in new.history if not isinstance(h, Inherited))
    return replace(new, life=life, session=session, outlives=how, history=history)


CELL = External("<cell>")
CLASS_VARIABLE = External("<class variable>")
_PRIVATE = frozenset({"threading.local", "flask.g", "quart.g"})


def is_private(obj: HeapObject | None) -> bool:
    """Whether each request, task or thread has its own state of the object: other entry points don't see what
    is stored there.
    """
    if not isinstance(obj, Instance) or not isinstance(obj.cls, External):
        return False
    return obj.cls.dotted in _PRIVATE or (obj.cls.leaf == "ContextVar" and "default" in obj.fields)


def is_variable(obj: HeapObject) -> bool:
    """Whether the object stands for a variable: a path must know which value it has there."""
    return isinstance(obj, Instance) and obj.cls in (CELL, CLASS_VARIABLE)


def is_settled(obj: HeapObject) -> bool:
    """Whether a changed object of a module holds nothing of the running call, so that the modules' heap
    says it all.
    """
    match obj:
        case Instance():
            return not any(reaches_local(v) for v in obj.fields.values())
        case Sequence():
            return not any(
                reaches_local(v) for v in (*obj.items, *([obj.rest] if obj.rest is not None else []))
            )
        case Dictionary():
            pairs = (*obj.entries, *([obj.rest] if obj.rest is not None else []))
            return not any(reaches_local(k) or reaches_local(v) for k, v in pairs)
        case _:
            return False


def reaches_local(value: Value) -> bool:
    """Whether a value leads to the heap of one call."""
    found = False

    def visit(address: int) -> int:
        nonlocal found
        found = found or address >= 0
        return address

    Renaming(visit, lambda s: s).value(value)
    return found
