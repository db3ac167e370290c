"""``if key not in cache: cache[key] = compute(key)``: what is found there is what would be put there now."""

from __future__ import annotations

from collections import ChainMap

from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Dictionary, EntityObject, SessionObject, State
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.values import Const, Ref
from detachlint.parse import ir


def forget_memo(frame: Frame, node: ir.If, state: State) -> bool:
    """Where the branch puts into a dict what an earlier call may have put there under the same key, and
    nothing in it is of the ORM, it does not matter which of the two is found: the dict is empty on this path.
    Objects of the ORM have aged meanwhile, so for them it does.

    Returns:
        Whether it is so, and the branch is taken.
    """
    match node:
        case ir.If(
            test=ir.Compare(left=ir.Name(id=key), rest=(("not in", ir.Name(id=table)),)),
            body=(
                ir.Assign(
                    targets=(ir.Subscript(value=ir.Name(id=filled), index=ir.Name(id=under)),),
                ),
            ),
            orelse=(),
        ) if (key, table) == (under, filled):
            pass
        case _:
            return False
    name, found = state.env.get(key), state.env.get(table)
    if name is None or isinstance(name, Const) or not isinstance(found, Ref):
        return False
    module_heap = frame.machine.module_heap
    # That the call has looked at the dict is noted: with what others put there later, it is run again.
    held = state.heap.get(found.address) or module_heap.get(found.address)
    if not isinstance(held, Dictionary):
        return False
    heap = ChainMap(state.heap, module_heap.objects)
    values = [value for _, value in (*held.entries, *([held.rest] if held.rest is not None else []))]
    if any(isinstance(heap.get(a), (EntityObject, SessionObject)) for a in reachable(values, heap)):
        return False
    state.heap[found.address] = Dictionary()
    return True
