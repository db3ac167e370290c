"""Entry points are run, each in a frame of its own; then the calls that were left out of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from detachlint.domain.source import Problem
from detachlint.interpret.footprints import Key
from detachlint.interpret.frame import Frame
from detachlint.interpret.framework import Entered, Entry
from detachlint.interpret.heap import State
from detachlint.interpret.variables.module_heap import EVERYWHERE

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine


def run(machine: Machine, order: Iterable[Entry], only: Collection[Key] | None = None) -> None:
    """Run entry points.

    Args:
        only: those that are to be run; None: all.
    """
    for entry in order:
        key = key_of(machine, entry)
        if only is None or key in only:
            enter(machine, entry, key)
    run_left_out(machine)


def run_left_out(machine: Machine) -> None:
    """The calls that entry points have not followed."""
    while waiting := machine.left_out.take():
        for left in waiting:
            enter(machine, left, left.parent)


def run_outdated(machine: Machine) -> None:
    """Run those again that have looked at objects of modules which others have changed since, as long as that
    does not cost too much.
    """
    changed, machine.module_heap.changed = machine.module_heap.changed, set()
    entered, machine.entered = machine.entered, []
    machine.memo.forget(changed)
    before = machine.spent_before
    for past in entered:
        if EVERYWHERE not in changed and not past.touched & changed:
            continue
        if machine.has_ample_since(before):
            enter(machine, past.entry, past.key)
        else:
            machine.counts["entry points not run again: the program has cost too much"] += 1
    run_left_out(machine)


def key_of(machine: Machine, entry: Entry) -> Key:
    """What stands for the entry point in footprints."""
    function = entry.function
    return machine.footprints.key(type(entry).__name__, function.qualname if function is not None else "")


def enter_within(frame: Frame, entry: Entry) -> None:
    """A running entry point has registered another one: that is a part of it."""
    machine = frame.machine
    outer, heap, prints = machine.running, machine.module_heap, machine.footprints
    touched, filled, passed = heap.touched, heap.filled, prints.passed
    work, spent, met_before = machine.work, machine.spent, machine.met_before
    enter(machine, entry, outer if outer is not None else key_of(machine, entry))
    machine.running, machine.work, machine.spent, machine.met_before = outer, work, spent, met_before
    heap.touched |= touched
    heap.filled |= filled
    prints.passed |= passed


def enter(machine: Machine, entry: Entry, key: Key) -> None:
    """Run one entry point, or a part of the one with that key."""
    function = entry.function
    module = function.module if function is not None else next(iter(machine.program.modules.values()))
    owner = function.owner if function is not None else None
    frame = Frame(machine, module, function, owner, State({}, {}, 0))
    machine.counts["entry points"] += 1
    machine.running = key
    machine.module_heap.touched = set()
    machine.module_heap.filled = set()
    machine.footprints.passed = 0
    machine.work = 0
    machine.spent = 0
    machine.met_before = machine.meetings
    try:
        entry.run(frame)
    except (
        Exception
    ) as error:  # one function that can't be followed must not hide what is wrong with the others
        if os.environ.get("DETACHLINT_DEBUG"):
            raise
        what = f"`{function.qualname}`" if function is not None else "an entry point"
        machine.problems.add(
            Problem(
                module.path,
                1,
                f"internal error while following {what}: {type(error).__name__}",
                lasting=False,
            )
        )
    if machine.is_overspent:
        machine.cut_off(frame, "entry points over the bound of work")
    machine.settle()
    machine.collect(frame.facts, machine.footprints.bit(key))
    touched = frozenset(machine.module_heap.touched)
    machine.footprints.end(key, touched, machine.module_heap.filled)
    machine.entered.append(Entered(entry, key, touched))
    machine.running = None
