"""What one action changes, and texts with changes applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from detachlint.domain.findings import Edit
from detachlint.fix.source.names import NeededImport


@dataclass(frozen=True, slots=True)
class Change:
    """Edits of texts as they are now, and the imports that they need."""

    edits: tuple[Edit, ...]
    imports: frozenset[NeededImport] = frozenset()


def clash(edits: Iterable[Edit], others: Iterable[Edit]) -> bool:
    """Whether edits of one set touch what those of another replace. Insertions at one place don't clash, but
    for methods that are called on the same: each may say something of what the other says.
    """
    return any(a.path == b.path and a != b and _touch(a, b) for a in edits for b in others)


def _touch(a: Edit, b: Edit) -> bool:
    if a.start == a.end == b.start == b.end:
        return a.text.lstrip().startswith(".") and b.text.lstrip().startswith(".")
    return a.start < b.end and b.start < a.end


def apply(texts: Mapping[str, str], edits: Iterable[Edit]) -> dict[str, str]:
    """The texts with the edits applied; equal edits are applied once, insertions at one place in the order
    given.
    """
    changed = dict(texts)
    ordered = sorted(dict.fromkeys(edits), key=lambda e: (e.start, e.end))
    for edit in reversed(ordered):
        text = changed[edit.path]
        changed[edit.path] = text[: edit.start] + edit.text + text[edit.end :]
    return changed


def original_offset(edits: Iterable[Edit], path: str, offset: int) -> int | None:
    """Where something of the edited text stood before; None for what an edit has written."""
    shift = 0
    for edit in sorted(dict.fromkeys(e for e in edits if e.path == path), key=lambda e: (e.start, e.end)):
        start = edit.start + shift
        if offset < start:
            break
        if offset < start + len(edit.text):
            return None
        shift += len(edit.text) - (edit.end - edit.start)
    return offset - shift
