"""A second session that is open at the same time."""

from tests.fuzz import queries
from tests.fuzz.reads import read
from tests.fuzz.tree import Line, Statement, block
from tests.fuzz.writer import Scope, Shape, Writer


def second_session(writer: Writer, scope: Scope) -> list[Statement]:
    """Load in a session of its own, read there and in the first one, and carry objects over by ``merge``."""
    from tests.fuzz.body import statements

    if scope.depth > 0 or scope.in_loop or not writer.use("second_session"):
        return []
    other = writer.name("other")
    inner = Scope(session=other, depth=scope.depth + 1)
    outer = Scope(list(scope.variables), scope.session, depth=scope.depth + 1)
    body = queries.load(writer, inner)
    for _ in range(writer.pick((1, 2, 3))):
        kind = writer.pick(("inside", "inside", "outside", "merge"))
        given = [v for v in writer.variables(outer, many=False) if not v.new]
        if kind == "merge" and given and writer.use("merge"):
            variable = writer.pick(given)
            shape = variable.shape
            copied = Shape(shape.entity, dict(shape.loaded), set(shape.missing), dense=shape.dense)
            merged = writer.variable(inner, copied)
            body.append(Line(f"{merged.name} = {writer.wait}{other}.merge({variable.name})"))
        else:
            body += read(writer, outer) if kind == "outside" else statements(writer, inner, 1)
    left = Scope([variable for variable in inner.variables if not variable.new], depth=scope.depth + 1)
    tail = read(writer, left) if writer.chance(0.6) else []
    opened = f"{'async with' if writer.is_async else 'with'} Session() as {other}:"
    return [block(opened, body), *tail, *read(writer, scope)]
