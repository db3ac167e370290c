"""Task queues: what ``task.delay(x)``, ``actor.send(x)``, ``queue.enqueue(f, x)`` hand over, and to whom.

Arguments travel as JSON or as a pickle: an entity that gets through at all arrives without a session.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from detachlint.domain.source import Site
from detachlint.frameworks.decorators import decorators_of
from detachlint.frameworks.handover import run_elsewhere
from detachlint.frameworks.packed import unpacked
from detachlint.frameworks.syntax import called_name
from detachlint.interpret.calls.invoke import call as invoke_call
from detachlint.interpret.calls.invoke import settle
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.values import Awaitable, Const, Function, Partial, Value
from detachlint.parse import ir
from detachlint.parse.walk import nodes, own_nodes
from detachlint.resolve.symbols import FunctionInfo

if TYPE_CHECKING:
    from detachlint.interpret.machine import Machine

# Library -> decorators that make a function a task.
DECORATORS = {
    "celery": frozenset({"task", "shared_task", "periodic_task", "on_after_configure"}),
    "dramatiq": frozenset({"actor"}),
    "taskiq": frozenset({"task"}),
    "taskiq_redis": frozenset({"task"}),
    "taskiq_aio_pika": frozenset({"task"}),
    "taskiq_nats": frozenset({"task"}),
    "huey": frozenset({"task", "db_task", "periodic_task", "db_periodic_task", "on_startup"}),
    "rq": frozenset({"job"}),
    "flask_rq2": frozenset({"job"}),
    "procrastinate": frozenset({"task", "periodic"}),
    "apscheduler": frozenset({"scheduled_job", "task"}),
    "flask_apscheduler": frozenset({"task", "scheduled_job"}),
    "fastapi_utils": frozenset({"repeat_every"}),
    "faststream": frozenset({"subscriber"}),
    "prefect": frozenset({"task", "flow"}),
}
_HOW = "task queue"
_DIRECT = frozenset(
    {
        "delay",
        "delay_on_commit",
        "send",
        "kiq",
        "defer",
        "defer_async",
        "message",
        "s",
        "si",
        "schedule_by_time",
    }
)
_PACKED = frozenset(
    {
        "apply_async",
        "apply_async_on_commit",
        "send_with_options",
        "message_with_options",
        "signature",
        "subtask",
    }
)
_SAME = frozenset({"kicker", "with_labels", "with_broker", "with_task_id", "configure", "options", "set"})
_AWAITED = frozenset({"kiq", "defer_async", "enqueue_job", "enqueue"})
_SENDS = frozenset({"apply_async", "delay"})
# Method -> the position of the function.
_ENQUEUE = {
    "enqueue": 0,
    "enqueue_in": 1,
    "enqueue_at": 1,
    "enqueue_job": 0,
    "enqueue_call": 0,
    "send_task": 0,
    "add_job": 0,
}
_ENQUEUE_PACKED = frozenset({"enqueue_call", "send_task", "add_job"})


class _OwnSending(Struct, frozen=True):
    """Whether the program has a class of tasks that puts other arguments in the place of those it is sent (a
    key for an entity, say).
    """

    converts: bool

    @classmethod
    def known(cls, machine: Machine) -> _OwnSending:
        return machine.note(cls, lambda: cls(any(_converts(c) for c in _task_classes(machine))))


def _task_classes(machine: Machine) -> Iterator[ir.ClassDef]:
    """Those derived from ``celery.Task`` or, in a method of an application, from ``self.Task``."""
    for module in machine.program.modules.values():
        for node in nodes(module.ir):
            if isinstance(node, ir.ClassDef) and any(
                called_name(base.value) == "Task" for base in node.bases
            ):
                yield node


def _converts(cls: ir.ClassDef) -> bool:
    for method in cls.body:
        if isinstance(method, ir.FunctionDef) and method.name in _SENDS:
            names = {"args", "kwargs"} & {param.name for param in method.params}
            for node in own_nodes(method.body):
                targets = node.targets if isinstance(node, ir.Assign) else ()
                if any(isinstance(t, ir.Name) and t.id in names for t in targets):
                    return True
    return False


def of_task(frame: Frame, task: Function, name: str, args: Arguments, site: Site) -> Value | None:
    """``task.delay(...)`` and the like; plain functions have no such methods."""
    if name in _SAME:
        return task
    if name in _PACKED:
        args = unpacked(frame, args.get("args", 0), args.get("kwargs", 1), site)
    elif name not in _DIRECT:
        return None
    _hand_over(frame, task, args, site)
    return _receipt(frame, name)


def enqueue(frame: Frame, name: str, args: Arguments, site: Site) -> Value | None:
    """``queue.enqueue(function, ...)``; None when what is enqueued isn't a function of the program."""
    index = _ENQUEUE.get(name)
    if index is None:
        return None
    given = args.get("func", index)
    task = _function(frame, given)
    if task is None:
        return None
    if name in _ENQUEUE_PACKED:
        first = 1 if name != "add_job" else None  # the second argument of that is the trigger
        args = unpacked(frame, args.get("args", first), args.get("kwargs", first and first + 1), site)
    else:
        # arq names its jobs, and gives them a context first.
        context = (frame.unknown("context of a worker"),) if name == "enqueue_job" else ()
        kept = tuple((k, v) for k, v in args.keywords if not k.startswith(("_", "job_")))
        args = Arguments((*context, *args.positional[index + 1 :]), kept, args.splat)
    _hand_over(frame, task, args, site)
    return _receipt(frame, name)


def _hand_over(frame: Frame, task: Function | Partial, args: Arguments, site: Site) -> None:
    if _OwnSending.known(frame.machine).converts:
        return  # what the task gets is not what it is sent
    args = _with_missing_first(frame, task, args)

    def action() -> Value:
        return settle(frame, invoke_call(frame, task, args, site))

    run_elsewhere(frame, (task, *args.all), _HOW, site, action)


def _receipt(frame: Frame, name: str) -> Value:
    receipt = frame.unknown("receipt of a task queue")
    return Awaitable(receipt) if name in _AWAITED else receipt


def _with_missing_first(frame: Frame, task: Function | Partial, args: Arguments) -> Arguments:
    """A bound task gets itself first, a link of a chain the result of the one before."""
    if not isinstance(task, Function) or task.bound is not None:
        return args
    needed = [p for p in task.info.node.params if p.kind in ("normal", "positional") and p.default is None]
    given = {k for k, _ in args.keywords}
    missing = len([p for p in needed if p.name not in given]) - len(args.positional)
    if not args.splat and (missing > 0 or _is_bound(frame, task.info)):
        unknown = tuple(frame.unknown("first argument of a task") for _ in range(max(1, missing)))
        return Arguments((*unknown, *args.positional), args.keywords, args.splat)
    return args


def _is_bound(frame: Frame, info: FunctionInfo) -> bool:
    for decorator in decorators_of(frame.machine.program, info):
        for arg in decorator.call.args if decorator.call is not None else ():
            if arg.keyword == "bind" and isinstance(arg.value, ir.Const) and arg.value.value is True:
                return True
    return False


def _function(frame: Frame, value: Value | None) -> Function | Partial | None:
    """What is enqueued: a function, or the name of one."""
    if value is None:
        return None
    value = frame.split(value)
    if isinstance(value, (Function, Partial)):
        return value
    if not isinstance(value, Const) or not isinstance(value.value, str):
        return None
    leaf = value.value.replace(":", ".").rpartition(".")[2]
    found = [f for f in frame.machine.program.functions.values() if f.name == leaf and f.owner is None]
    exact = [f for f in found if f.qualname.endswith(value.value.replace(":", "."))]
    return Function(exact[0]) if len(exact) == 1 else Function(found[0]) if len(found) == 1 else None
