"""Which reads depend on which loader options: what a run without mutations shows.

A mutant can be found only if something reads what its option loads, on an object of a query that the option
is part of. So the run notes, for each read of a relationship that was loaded along, the query that its object
came from; and for each query, the options that it was given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from detachlint.domain.facts import Fact, Step
from detachlint.domain.models import Relationship
from detachlint.domain.source import Site
from detachlint.frameworks.base import Nothing
from detachlint.frameworks.sqlalchemy.instances.attributes import mapped, state_of
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Base, EntityObject, History, Inherited, Life, Loaded
from detachlint.interpret.values import Option, Ref, Statement, Tuple, Union, Unknown, Value


@dataclass(frozen=True, slots=True)
class LoadedRead:
    """A read of a relationship that its query had loaded. It travels like a fact, so that the
    query of an object that was passed in is known in the end.

    Args:
        owner: the class that declares the relationship.
        by_mapping: the mapping loads it, no option.
        needed: without the option the read would fail (asynchronous or detached) or be one query a row.
        caller: address of the object that it was read on, as long as that is a caller's.
    """

    site: Site
    owner: str
    attribute: str
    by_mapping: bool
    needed: bool
    caller: int | None = None


@dataclass
class LoadedReads(Nothing):
    """A framework that answers nothing and watches options and reads.

    Args:
        reads: each with the place of the query that its object came from.
        queries: the place of an option -> the places of the queries and options that it was given to.
    """

    reads: set[tuple[Site, LoadedRead]] = field(default_factory=set)
    queries: defaultdict[Site, set[Site]] = field(default_factory=lambda: defaultdict(set))

    def method(self, frame: Frame, receiver: Value, name: str, args: Arguments, site: Site) -> Value | None:
        if name == "options" and isinstance(receiver, (Statement, Option)):
            into = receiver.site
            values: tuple[Value, ...] = args.positional
        elif name in ("get", "get_one") and isinstance(receiver, Ref):
            into = site
            values = tuple(v for k, v in args.keywords if k == "options")
        else:
            return None
        for value in values:
            for option in _options_in(frame, value):
                if option.site is not None and into is not None:
                    self.queries[option.site].add(into)
        return None

    def member(self, frame: Frame, receiver: Value, name: str, site: Site) -> Value | None:
        found = mapped(frame, receiver)
        if found is None or not isinstance(receiver, Ref):
            return None
        obj, entity = found
        attribute = entity.attributes.get(name)
        if not isinstance(attribute, Relationship) or obj.base is not Base.QUERIED:
            return None
        own = obj.attributes.get(name)
        if own is not None and not (isinstance(own, Loaded) and _is_placeholder(own.value)):
            return None
        if isinstance(state_of(frame, obj, attribute), Loaded):
            graph = frame.machine.graph
            read = LoadedRead(
                site,
                attribute.owner,
                name,
                not plans.strategy(graph, obj.plan, obj.entity, attribute).explicit,
                _is_needed(frame, obj),
            )
            frame.emit(read, obj.history)  # type: ignore[arg-type]
        return None

    def queries_of(self, option: Site) -> frozenset[Site]:
        """The queries that an option reaches, on its own or inside other options."""
        found: set[Site] = set()
        waiting = [option]
        while waiting:
            for each in self.queries.get(waiting.pop(), ()):
                if each not in found:
                    found.add(each)
                    waiting.append(each)
        return frozenset(found)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """While this lasts, reads whose query is known are kept here, all of them, and not as facts."""
        emit = Frame.emit

        def keep(frame: Frame, fact: Fact, history: History = ()) -> None:
            if not isinstance(fact, LoadedRead):
                emit(frame, fact, history)
                return
            match history[:1]:
                case (Step(site=origin),):
                    self.reads.add((origin, replace(fact, caller=None)))
                case (Inherited(address=address),):
                    emit(frame, replace(fact, caller=address), history)
                case _:
                    pass

        Frame.emit = keep  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            Frame.emit = emit  # type: ignore[method-assign]


def _is_placeholder(value: Value) -> bool:
    return isinstance(value, Unknown) and value.symbol == 0


def _is_needed(frame: Frame, obj: EntityObject) -> bool:
    if obj.life is Life.UNKNOWN:
        return False
    session = frame.session(obj.session)
    return session is None or obj.life is Life.DETACHED or session.is_async or obj.many


def _options_in(frame: Frame, value: Value) -> Iterator[Option]:
    match value:
        case Option():
            yield value
        case Tuple(items=items):
            for item in items:
                yield from _options_in(frame, item)
        case Union(options=alternatives):
            for each in alternatives:
                yield from _options_in(frame, each)
        case Ref():
            sequence = frame.sequence(value)
            if sequence is not None:
                for item in (*sequence.items, *((sequence.rest,) if sequence.rest is not None else ())):
                    yield from _options_in(frame, item)
        case _:
            pass
