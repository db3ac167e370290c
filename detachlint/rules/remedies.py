"""What to do about a read, as proposals in the order in which they are to be tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from detachlint.domain.edits import (
    AddLoaderOptions,
    AddUnique,
    Applicability,
    ApplyOptions,
    KeepAfterCommit,
    Proposal,
    RefreshAttributes,
    ReplaceLoader,
)
from detachlint.domain.facts import Cause, Event, Failure, Read, Step, Via
from detachlint.domain.source import Site

_SAFE = Applicability.SAFE
_CHOICES = 4
"""How many functions are tried that may give a query its options."""
_LOADABLE = frozenset(
    {Cause.NOT_LOADED, Cause.CHAIN_STOPS, Cause.RAISE, Cause.DEFERRED, Cause.IDENTITY_MAP, Cause.NOLOAD}
)


def remedies(read: Read) -> tuple[Proposal, ...]:
    """The proposals for a read, the best one first."""
    if read.failure in (Failure.MISSING_GREENLET, Failure.DETACHED, Failure.INVALID_REQUEST):
        return (*_refreshes(read), *_options(read))
    return tuple(_options(read))


def add_unique(fetch: Site) -> Proposal:
    """For rows that a joined collection repeats."""
    return Proposal(AddUnique(fetch), _SAFE, "call `unique()` before the rows are fetched")


def keep_after_commit(factory: Site) -> Proposal:
    """For a session that expires all it holds when it commits. Other code may count on that."""
    return Proposal(KeepAfterCommit(factory), Applicability.UNSAFE, "make it with `expire_on_commit=False`")


def apply_options(function: Site, parameter: str) -> Proposal:
    """For options that a function takes and ignores."""
    return Proposal(ApplyOptions(function, parameter), _SAFE, f"apply `{parameter}` to the query")


def replace_loader(option: Site, loader: str, applicability: Applicability = _SAFE) -> Proposal:
    """For an option that loads in an unfit way."""
    return Proposal(ReplaceLoader(option, loader), applicability, f"load it with `{loader}`")


def _options(read: Read) -> Iterator[Proposal]:
    if read.cause not in _LOADABLE or read.origin is None or not read.trace:
        return
    if read.trace[0].event is not Event.QUERIED:
        return
    root = read.path[0].entity if read.path else read.queried or read.entity
    name = f"{read.entity.rpartition('.')[2]}.{read.attribute}"
    path = read.path if read.is_column else (*read.path, Via(read.entity, read.attribute, read.is_collection))
    column = read.attribute if read.is_column else ""
    calls = tuple(step.site for step in read.trace if step.event is Event.RETURNED)
    subclass = read.entity if read.queried else ""
    executed = next((step.site for step in read.trace if step.event is Event.EXECUTED), None)
    action = AddLoaderOptions(read.origin, calls, path, column, root, subclass, executed)
    other_answer = Failure.SILENT is read.failure or read.cause is Cause.NOLOAD or read.outdated
    safe = Applicability.UNSAFE if other_answer else _SAFE
    message = f"load `{name}` where the {root.rpartition('.')[2]} is queried"
    for choice in range(_CHOICES):
        yield Proposal(replace(action, choice=choice), safe, message)


def _refreshes(read: Read) -> Iterator[Proposal]:
    """After the step that left the object without the attribute, in the function where it has a name."""
    step = _unloading(read)
    if step is None or not step.handle:
        return
    whole = read.is_column and step.event is Event.EXPIRED  # all its columns have gone
    names = () if whole else (read.attribute,)
    what = f"each of `{step.handle[1:]}`" if step.handle.startswith("*") else f"`{step.handle}`"
    message = f"refresh {what}" + ("" if whole else f", naming `{read.attribute}`")
    action = RefreshAttributes(step.site, step.handle, names, step.session)
    # A function that works for any class can't name attributes: the one that calls it can.
    outside = [RefreshAttributes(call.site, "", names, step.session) for call in _calls_of(read, step)]
    for each in (action, *outside):
        yield Proposal(each, _SAFE, message)
    yield Proposal(replace(action, certain=False), Applicability.UNSAFE, message)


def _calls_of(read: Read, step: Step) -> list[Step]:
    """The calls that the object was passed to when the step happened, the innermost first."""
    before = read.trace[: read.trace.index(step)]
    return list(takewhile(lambda each: each.event is Event.PASSED, reversed(before)))


def _unloading(read: Read) -> Step | None:
    match read.cause:
        case (
            Cause.EXPIRED_COMMIT
            | Cause.EXPIRED_ROLLBACK
            | Cause.EXPIRED_REFRESH
            | Cause.EXPIRED
            | Cause.RAISE
        ):
            wanted = Event.EXPIRED
        case Cause.NEW_OBJECT | Cause.SERVER_VALUE:
            wanted = Event.FLUSHED
        case _:
            return None
    return next((step for step in reversed(read.trace) if step.event is wanted), None)
