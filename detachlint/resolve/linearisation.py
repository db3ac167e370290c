"""C3: the order in which a class and its bases are asked for a member."""

from __future__ import annotations

from detachlint.resolve.symbols import ClassInfo, External


def merged(sequences: list[tuple[ClassInfo | External, ...]]) -> list[ClassInfo | External]:
    """The orders of the bases as one; depth first where they contradict each other."""
    todo = [list(s) for s in sequences if s]
    todo.append([s[0] for s in sequences if s])
    out: list[ClassInfo | External] = []
    while any(todo):
        todo = [s for s in todo if s]
        head = next(
            (s[0] for s in todo if not any(s[0] in other[1:] for other in todo)),
            todo[0][0] if todo else None,
        )
        if head is None:
            break
        if head not in out:
            out.append(head)
        todo = [[c for c in s if c != head] for s in todo]
    return out
