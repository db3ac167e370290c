"""Objects that are handed to tasks."""

from tests.fuzz.reads import read
from tests.fuzz.tree import Function, Line, Statement
from tests.fuzz.writer import Scope, Variable, Writer


def task(writer: Writer, scope: Scope) -> list[Statement]:
    """Read in a task that is awaited at once, or that goes on when the session is gone."""
    variables = [v for v in writer.variables(scope, many=False) if not v.new]
    if not writer.is_async or not variables or scope.depth > 0 or scope.in_loop or not writer.use("task"):
        return []
    given = writer.pick(variables)
    kind = writer.pick(("gather", "awaited", "later"))
    if kind == "gather":
        second = writer.pick(variables)
        calls = f"{_function(writer, given)}({given.name}), {_function(writer, second)}({second.name})"
        return [Line(f"await gather({calls})")]
    name = writer.name("task")
    if kind == "awaited":
        called = f"{_function(writer, given)}({given.name})"
        return [Line(f"{name} = create_task({called})"), Line(f"await {name}")]
    gate = writer.name("gate")
    called = f"{_function(writer, given, waits=True)}({given.name}, {gate})"
    writer.endings += [Line(f"{gate}.set()"), Line(f"await {name}")]
    return [
        Line(f"{gate} = Event()"),
        Line(f"{name} = create_task({called})"),
        Line("await sleep(0)"),
    ]


def _function(writer: Writer, given: Variable, waits: bool = False) -> str:
    name = writer.name("later")
    inner = Scope([Variable("subject", given.shape)], depth=1)
    body = read(writer, inner) if waits and writer.chance(0.5) else []
    body.append(Line("await gate.wait()" if waits else "await sleep(0)"))
    body += read(writer, inner)
    header = f"async def {name}(subject{', gate' if waits else ''}):"
    writer.functions.append(Function("services", name, header, tuple(body)))
    return name
