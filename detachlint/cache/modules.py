"""IR by content: only what has changed is parsed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from detachlint.cache.keys import digest, parser_version, text_digest
from detachlint.cache.store import Store
from detachlint.parse.outcome import Outcome, Unparsed, decode
from detachlint.parse.pool import parse_texts


def parse_or_load(
    texts: Sequence[str], store: Store | None, jobs: int, done: Callable[[int], None]
) -> list[Outcome]:
    """The outcome of each text, in order.

    Args:
        jobs: number of processes; 0 is one for each processor.
        done: called now and then with the number of texts that are done.
    """
    keys = _keys(texts) if store is not None else {}
    outcomes: dict[int, Outcome] = {}
    missing: dict[str, list[int]] = {}  # texts that several files have are parsed once
    for number, text in enumerate(texts):
        kept = _load(store, keys[text]) if store is not None and keys else None
        if kept is not None:
            outcomes[number] = kept
        else:
            missing.setdefault(text, []).append(number)
    loaded = len(outcomes)
    made = parse_texts(list(missing), jobs, lambda count: done(loaded + count))
    for (text, numbers), data in zip(missing.items(), made, strict=True):
        for number in numbers:
            outcomes[number] = decode(data)
        if store is not None and keys and _is_lasting(outcomes[numbers[0]]):
            store.put(keys[text], data)
    return [outcomes[number] for number in range(len(texts))]


def _keys(texts: Sequence[str]) -> dict[str, str]:
    """The name of the entry of each text; nothing where the parser's own code cannot be read."""
    try:
        version = parser_version()
    except OSError:
        return {}
    return {text: digest(b"module", version, text_digest(text)) for text in texts}


def _load(store: Store, key: str) -> Outcome | None:
    data = store.get(key)
    try:
        return None if data is None else decode(data)
    except msgspec.MsgspecError:
        return None


def _is_lasting(outcome: Outcome) -> bool:
    return not isinstance(outcome, Unparsed) or outcome.lasting
