"""What is made of a text alone, by its content: only what has changed is parsed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from detachlint.cache.keys import digest, parser_version, text_digest
from detachlint.cache.store import Store
from detachlint.parse.outcome import Outcome, Unparsed, decode
from detachlint.parse.pool import perform
from detachlint.parse.positions import UNKNOWN_POSITIONS, PositionTable
from detachlint.parse.task import Task

T = TypeVar("T")

_TABLE = msgspec.msgpack.Decoder(PositionTable)


def modules(
    texts: Sequence[str], store: Store | None, jobs: int, done: Callable[[int], None]
) -> list[Outcome]:
    """The IR of each text, in order.

    Args:
        jobs: number of processes; 0 is one for each processor.
        done: called now and then with the number of texts that are done.
    """

    def lasts(outcome: Outcome) -> bool:
        return not isinstance(outcome, Unparsed) or outcome.lasting

    return _made_or_kept(texts, Task.MODULE, decode, lasts, store, jobs, done)


def position_tables(texts: Sequence[str], store: Store | None, jobs: int) -> list[PositionTable]:
    """The positions in each text, in order; arguments as of ``modules``."""

    def lasts(table: PositionTable) -> bool:
        return table != UNKNOWN_POSITIONS

    return _made_or_kept(texts, Task.POSITIONS, _TABLE.decode, lasts, store, jobs, lambda count: None)


def _made_or_kept(
    texts: Sequence[str],
    task: Task,
    read: Callable[[bytes], T],
    lasts: Callable[[T], bool],
    store: Store | None,
    jobs: int,
    done: Callable[[int], None],
) -> list[T]:
    keys = _keys(texts, task) if store is not None else {}
    results: dict[int, T] = {}
    missing: dict[str, list[int]] = {}  # texts that several files have are looked at once
    for number, text in enumerate(texts):
        data = store.get(keys[text]) if store is not None and keys else None
        try:
            if data is not None:
                results[number] = read(data)
                continue
        except msgspec.MsgspecError:
            pass  # somebody else's entry
        missing.setdefault(text, []).append(number)
    kept = len(results)
    made = deque(perform(task, list(missing), jobs, lambda count: done(kept + count)))
    for text, numbers in missing.items():
        data = made.popleft()  # what has been read is not held as bytes any more
        for number in numbers:
            results[number] = read(data)
        if store is not None and keys and lasts(results[numbers[0]]):
            store.put(keys[text], data)
    return [results[number] for number in range(len(texts))]


def _keys(texts: Sequence[str], task: Task) -> dict[str, str]:
    """The name of the entry of each text; nothing where the parser's own code cannot be read."""
    try:
        version = parser_version()
    except OSError:
        return {}
    return {text: digest(task.value.encode(), version, text_digest(text)) for text in texts}
