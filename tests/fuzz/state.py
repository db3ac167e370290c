"""Statements that change what a session holds: commit, refresh, expire and the like."""

from tests.fuzz.queries import random_load
from tests.fuzz.reads import read
from tests.fuzz.tree import Line, Statement, block
from tests.fuzz.writer import Scope, Shape, Variable, Writer


def finish(writer: Writer, scope: Scope) -> list[Statement]:
    """Commit or roll back."""
    if scope.managed:
        return []
    rollback = writer.chance(0.25)
    writer.use("rollback" if rollback else "commit")
    if rollback or writer.expire_on_commit:
        expire_guess(scope)
    if rollback:
        scope.variables[:] = [variable for variable in scope.variables if not variable.new]
    return [Line(f"{writer.wait}{scope.session}.{'rollback' if rollback else 'commit'}()")]


def flush(writer: Writer, scope: Scope) -> list[Statement]:
    """Flush."""
    writer.use("flush")
    return [Line(f"{writer.wait}{scope.session}.flush()")]


def refresh(writer: Writer, scope: Scope) -> list[Statement]:
    """Refresh an object, with names or without."""
    found = _persistent(writer, scope, safe=0.4)
    if found is None:
        return []
    name, shape = found
    call = f"{writer.wait}{scope.session}.refresh({name}"
    relationships = writer.schema.relationships_of(shape.entity)
    if not relationships or writer.chance(0.35):
        writer.use("refresh")
        shape.fresh = True
        shape.loaded = writer.mapped_shape(shape.entity).loaded
        return [Line(f"{call})")]
    writer.use("refresh_names")
    chosen = writer.random.sample(relationships, min(writer.pick((1, 1, 2)), len(relationships)))
    if "joinedload" in writer.features or any(r.lazy == "joined" for r in relationships):
        chosen = chosen[:1]  # which of several comes first then depends on the hashes of their names
    names = [relationship.name for relationship in chosen]
    for relationship in chosen:
        shape.loaded[relationship.name] = writer.mapped_shape(relationship.target) if shape.dense else None
    if not shape.fresh or writer.chance(0.2):
        names.append("name")
    shape.missing -= {"name"}
    listed = "[" + ", ".join(f'"{name}"' for name in names) + "]"
    return [Line(f"{call}, {writer.pick(('', 'attribute_names='))}{listed})")]


def expire(writer: Writer, scope: Scope) -> list[Statement]:
    """Expire an object, some of its attributes, or everything."""
    found = _persistent(writer, scope)
    if found is None:
        return []
    name, shape = found
    writer.use("expire")
    if writer.chance(0.2):
        expire_guess(scope)
        return [Line(f"{scope.session}.expire_all()")]
    relationships = writer.schema.relationships_of(shape.entity)
    if relationships and writer.chance(0.5):
        attribute = writer.pick(relationships).name
        shape.loaded.pop(attribute, None)
        return [Line(f'{scope.session}.expire({name}, ["{attribute}"])')]
    if writer.chance(0.3):
        shape.missing.add("name")
        return [Line(f'{scope.session}.expire({name}, ["name"])')]
    shape.fresh = False
    shape.loaded.clear()
    return [Line(f"{scope.session}.expire({name})")]


def detach(writer: Writer, scope: Scope) -> list[Statement]:
    """Take objects out of the session."""
    found = _persistent(writer, scope)
    if found is None or scope.in_loop:
        return []
    name, shape = found
    kind = writer.pick(("expunge", "expunge", "expunge_all", "close"))
    if kind == "close" and scope.managed:
        return []
    writer.use(kind)
    if kind == "expunge":
        scope.variables[:] = [variable for variable in scope.variables if variable.shape is not shape]
        variable = Variable(name, shape)
        tail = read(writer, Scope([variable]))
        return [Line(f"{scope.session}.expunge({name})"), *tail]
    variables, scope.variables[:] = list(scope.variables), []
    wait = writer.wait if kind == "close" else ""
    lines: list[Statement] = [Line(f"{wait}{scope.session}.{kind}()")]
    for _ in range(writer.pick((0, 1, 2))):
        lines += read(writer, Scope([v for v in variables if not v.new]))
    return lines


def merge(writer: Writer, scope: Scope) -> list[Statement]:
    """Merge an object into the session."""
    found = _persistent(writer, scope)
    if found is None or scope.in_loop:
        return []
    name, shape = found
    writer.use("merge")
    merged = writer.variable(scope, shape)
    return [Line(f"{merged.name} = {writer.wait}{scope.session}.merge({name})")]


def attach(writer: Writer, scope: Scope, detached: list[Variable]) -> list[Statement]:
    """Bring objects of a session that is gone into this one."""
    candidates = [variable for variable in detached if not variable.many and not variable.new]
    if not candidates:
        return []
    variable = writer.pick(candidates)
    unloaded = "merge_unloaded" in writer.extras and writer.chance(0.7) and writer.use("merge_unloaded")
    if not unloaded and writer.chance(0.5) and writer.use("add_detached"):
        scope.variables.append(variable)
        return [Line(f"{scope.session}.add({variable.name})")]
    if not writer.use("merge"):
        return []
    shape = variable.shape
    merged = writer.variable(
        scope, Shape(shape.entity, dict(shape.loaded), set(shape.missing), dense=shape.dense)
    )
    load = ", load=False" if unloaded else ""
    return [Line(f"{merged.name} = {writer.wait}{scope.session}.merge({variable.name}{load})")]


def savepoint(writer: Writer, scope: Scope) -> list[Statement]:
    """Some statements in a savepoint."""
    if scope.depth > 1 or scope.in_loop:
        return []
    writer.use("savepoint")
    inner = scope.inner()
    inner.managed = True
    body, variable = random_load(writer, inner, writer.pick(writer.schema.entities))
    if writer.chance(0.5):
        body.append(Line(f'{variable.name}.name = "renamed"'))
    body += read(writer, inner)
    scope.variables.append(variable)
    prefix = "async with" if writer.is_async else "with"
    return [block(f"{prefix} {scope.session}.begin_nested():", body), *read(writer, scope)]


def _persistent(writer: Writer, scope: Scope, safe: float = 0.8) -> tuple[str, Shape] | None:
    variables = [v for v in writer.variables(scope, many=False, safe=safe) if not v.new]
    if not variables:
        return None
    variable = writer.pick(variables)
    return variable.name, variable.shape


def expire_guess(scope: Scope) -> None:
    """Note that everything in reach is expired."""
    seen: set[int] = set()
    pending: list[Shape | None] = [variable.shape for variable in scope.variables]
    while pending:
        shape = pending.pop()
        if shape is None or id(shape) in seen:
            continue
        seen.add(id(shape))
        pending += shape.loaded.values()
        shape.fresh = False
        shape.loaded.clear()
