"""What FastAPI hands to the program's code, and what it does with what it gets back."""

from __future__ import annotations

from msgspec.structs import replace

from detachlint.domain.source import Site
from detachlint.interpret.calls.invoke import call, settle
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import EntityObject
from detachlint.interpret.likeness.renaming import reachable
from detachlint.interpret.values import Partial, Unknown, Value
from detachlint.resolve.symbols import External

TASKS = External("fastapi.BackgroundTasks")
REQUEST = External("fastapi.Request")
STATE = External("starlette.datastructures.State")
RESPONSE = External("fastapi.Response")
HANDLER = External("fastapi.exception handler")


def run_task(frame: Frame, task: Partial, site: Site) -> None:
    """Call what ``add_task`` was given; what it reads of entities is read behind the response."""
    values = (*task.args, *(v for _, v in task.keywords))
    for address in sorted(reachable([*values, task.func], frame.state.heap)):
        obj = frame.get(address)
        if isinstance(obj, EntityObject) and not obj.outlives:
            frame.put(address, replace(obj, outlives="background task"))
    settle(frame, call(frame, task.func, Arguments(task.args, task.keywords), site))


def is_response(frame: Frame, value: Value) -> bool:
    """A response object: FastAPI sends it as it is."""
    if isinstance(value, Unknown):
        return value.type.endswith("Response")
    instance = frame.instance(value)
    if instance is None:
        return False
    if isinstance(instance.cls, External):
        return instance.cls.leaf.endswith("Response")
    return any(b.leaf.endswith("Response") for b in frame.machine.program.external_bases(instance.cls))
