"""What the request gives to the parameters of what FastAPI calls."""

from __future__ import annotations

from detachlint.frameworks.fastapi.dependencies import Parameter
from detachlint.frameworks.fastapi.objects import RESPONSE
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Instance
from detachlint.interpret.objects.annotation import annotated_value, value_of_type
from detachlint.interpret.values import ClassValue, Library, Partial, Value

# Variables of a path through a request, besides the results of its dependencies.
REQUEST_VARIABLE, TASKS_VARIABLE = "<request>", "<tasks>"
_CONNECTIONS = frozenset({"Request", "HTTPConnection", "ASGIConnection", "WebSocket"})


def result_variable(step: int) -> str:
    """The variable that holds the result of a dependency."""
    return f"<dependency {step}>"


def arguments(frame: Frame, parameters: tuple[Parameter, ...], *, more: bool = False) -> Arguments:
    """What is called with these parameters gets this, by name.

    Args:
        more: and others, of which nothing is known.
    """
    return Arguments((), tuple([(p.name, argument(frame, p)) for p in parameters]), splat=more)


def argument(frame: Frame, parameter: Parameter) -> Value:
    """The result of a dependency, a thing of the request, or something of the annotated type."""
    if parameter.step is not None:
        solved = frame.state.env.get(result_variable(parameter.step))
        return solved if solved is not None else frame.unknown("dependency")
    wanted = parameter.type
    if isinstance(wanted, Partial) and isinstance(wanted.func, Library):
        wanted = wanted.func  # ``Request[User, Token, State]`` of Litestar
    match wanted:
        case Library(name=name) if name.leaf in _CONNECTIONS:
            return frame.state.env[REQUEST_VARIABLE]
        case Library(name=name) if name.leaf == "BackgroundTasks":
            return frame.state.env[TASKS_VARIABLE]
        case Library(name=name) if name.leaf == "Response":
            return frame.new(Instance(RESPONSE))
        case _:
            pass
    declared: Value | None = None
    if parameter.annotation is not None:
        declared = annotated_value(frame, parameter.module, parameter.annotation)
    if declared is None and isinstance(parameter.type, ClassValue):
        declared = value_of_type(frame, parameter.type)  # a name of the function that made the route
    return declared if declared is not None else frame.unknown("parameter of a request")
