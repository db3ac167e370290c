"""What runs while a response is sent, and behind it."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.fastapi.objects import run_task
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Frame
from detachlint.interpret.values import Partial, Tuple, Value


def run_background(frame: Frame, tasks: Value | None, response: Value | None, site: Site) -> None:
    """Run the stream of a response, and its tasks behind those of the request.

    Args:
        tasks: the request's ``BackgroundTasks``.
        response: what the route returned.
    """
    sources = [frame.instance(tasks)]
    result = frame.instance(response)
    if result is not None:
        if "stream" in result.fields:
            elements_of(frame, result.fields["stream"], site)
        sources.append(frame.instance(result.fields.get("background")))
    for source in sources:
        held = source.fields.get("tasks") if source is not None else None
        for task in held.items if isinstance(held, Tuple) else ():
            if isinstance(task, Partial):
                run_task(frame, task, site)
