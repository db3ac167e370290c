"""Many actions -> one consistent set of edits.

Each kind of action has a module of its own with a function ``change(action, project) -> Change``; only loader
options and refreshes are looked at together, as several at one place make one edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detachlint.domain.edits import (
    Action,
    AddLoaderOptions,
    AddUnique,
    ApplyOptions,
    GuardProperty,
    InstallMiddleware,
    KeepAfterCommit,
    MoveIntoBlock,
    NameAttribute,
    NoteNeeds,
    RefreshAttributes,
    ReplaceLoader,
    SafeRepr,
    StartOption,
    UseHelper,
)
from detachlint.domain.findings import Edit
from detachlint.fix.actions import (
    apply_options,
    guard_property,
    keep,
    loader_options,
    middleware,
    move_into_block,
    name_attribute,
    note_needs,
    refresh,
    safe_repr,
    start_option,
    unique,
    use_helper,
)
from detachlint.fix.source import imports, unused_imports
from detachlint.fix.source.change import Change, clash
from detachlint.fix.source.document import CannotFixError
from detachlint.fix.source.names import NeededImport
from detachlint.fix.source.project import Project


@dataclass(frozen=True, slots=True)
class Composition:
    """The edits of a number of actions.

    Args:
        done: the actions that they carry out, by their numbers.
        refused: the number of each action that can't be carried out, and why.
        put_off: those that touch what others replace: for another round.
    """

    edits: tuple[Edit, ...]
    done: frozenset[int]
    refused: dict[int, str]
    put_off: frozenset[int]


def compose(actions: Sequence[Action], project: Project) -> Composition:
    """Edits for as many of the actions as go together; earlier ones come first."""
    refused: dict[int, str] = {}
    changes: list[tuple[frozenset[int], Change]] = []
    options = {n: a for n, a in enumerate(actions) if isinstance(a, AddLoaderOptions)}
    refreshes = {n: a for n, a in enumerate(actions) if isinstance(a, RefreshAttributes)}
    together = (*loader_options.changes(options, project), *refresh.changes(refreshes, project))
    for numbers, outcome in together:
        if isinstance(outcome, Change):
            changes.append((numbers, outcome))
        else:
            refused |= dict.fromkeys(numbers, outcome)
    for number, action in enumerate(actions):
        if number not in options and number not in refreshes:
            try:
                changes.append((frozenset({number}), _change(action, project)))
            except CannotFixError as error:
                refused[number] = str(error)
    edits: list[Edit] = []
    done: set[int] = set()
    put_off: set[int] = set()
    needed: set[NeededImport] = set()
    # Options that are passed already come first: they may load what others want to add.
    applying = {n for n, action in enumerate(actions) if isinstance(action, ApplyOptions)}
    for numbers, change in sorted(changes, key=lambda c: (not applying & c[0], min(c[0]))):
        if clash(change.edits, edits):
            put_off |= numbers
        else:
            edits += change.edits
            done |= numbers
            needed |= change.imports
    edits += imports.add(needed, project)
    edits = unused_imports.without_unused(edits, project)
    return Composition(tuple(dict.fromkeys(edits)), frozenset(done), refused, frozenset(put_off))


def _change(action: Action, project: Project) -> Change:
    match action:
        case AddUnique():
            return unique.change(action, project)
        case KeepAfterCommit():
            return keep.change(action, project)
        case ApplyOptions():
            return apply_options.change(action, project)
        case ReplaceLoader():
            return loader_options.replace_loader(action, project)
        case UseHelper():
            return use_helper.change(action, project)
        case SafeRepr():
            return safe_repr.change(action, project)
        case GuardProperty():
            return guard_property.change(action, project)
        case NoteNeeds():
            return note_needs.change(action, project)
        case NameAttribute():
            return name_attribute.change(action, project)
        case StartOption():
            return start_option.change(action, project)
        case MoveIntoBlock():
            return move_into_block.change(action, project)
        case InstallMiddleware():
            return middleware.change(action, project)
        case AddLoaderOptions() | RefreshAttributes():
            raise AssertionError("these are looked at together")
