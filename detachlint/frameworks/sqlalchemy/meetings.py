"""What the library answers is noted: an entry point for which it has not yet goes into fewer functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from detachlint.interpret.frame import Frame
from detachlint.interpret.values import Value

P = ParamSpec("P")
Asked = TypeVar("Asked")
Question = Callable[Concatenate[Asked, Frame, P], Value | None]


def noted(ask: Question[Asked, P]) -> Question[Asked, P]:
    """Decorate a method of a framework: an answer is a meeting with the ORM."""

    @wraps(ask)
    def asked(framework: Asked, frame: Frame, /, *args: P.args, **kwargs: P.kwargs) -> Value | None:
        answer = ask(framework, frame, *args, **kwargs)
        frame.machine.meetings += answer is not None
        return answer

    return asked
