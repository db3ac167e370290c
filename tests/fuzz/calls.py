"""Statements that call other code: functions of other modules, repositories, properties, schemas."""

from tests.fuzz.options import random_plan
from tests.fuzz.reads import choose, column, read, read_from
from tests.fuzz.tree import Clause, Compound, Function, Line, Load, Method, ResponseSchema, Statement, block
from tests.fuzz.writer import Scope, Shape, Variable, Writer


def call_reader(writer: Writer, scope: Scope) -> list[Statement]:
    """Pass an object, or a list, to a function that reads it."""
    candidates = writer.variables(scope)
    if not candidates:
        return []
    given = writer.pick(candidates)
    writer.use("reader")
    known = [
        name for name, entity, many in writer.readers if (entity, many) == (given.shape.entity, given.many)
    ]
    if known and writer.chance(0.35) and writer.use("second_call"):
        return [Line(f"{writer.pick(known)}({given.name})")]
    name = writer.name("read")
    parameter = Variable("subject", given.shape, given.many, given.use)
    inner = Scope([parameter], session=None if writer.is_async else scope.session, depth=scope.depth + 1)
    inner_session, inner.session = inner.session, None
    body: list[Statement] = []
    for _ in range(writer.pick((1, 1, 2, 3))):
        body += read(writer, inner)
    given.use = parameter.use
    inner.session = inner_session
    result = [v for v in inner.variables[1:] if not v.many]
    module = writer.pick(("readers", "services"))
    call = f"{name}({given.name})"
    writer.readers.append((name, given.shape.entity, given.many))
    if result and writer.chance(0.5):
        returned = result[-1]
        body.append(Line(f"return {returned.name}"))
        variable = writer.variable(scope, returned.shape)
        call = f"{variable.name} = {call}"
    header = f"def {name}(subject):"
    if writer.chance(0.3) and not given.many:
        header = f'def {name}(subject: "{given.shape.entity}"):'
    writer.functions.append(Function(module, name, header, tuple(body)))
    return [Line(call)]


def call_loader(writer: Writer, scope: Scope) -> list[Statement]:
    """Load through a function, which may take options, or a flag that adds them."""
    entity = writer.pick(writer.schema.entities)
    plan = random_plan(writer, entity)
    name = writer.name("load")
    define = "async def" if writer.is_async else "def"
    unique = ".unique()" if plan.needs_unique or writer.chance(0.5) else ""
    taken = f"({writer.wait}session.scalars(statement)){unique}.one()"
    where = f"statement = select({entity}).where({entity}.id == ident)"
    kind = writer.pick(("fixed", "options", "star", "flag"))
    writer.use(f"loader_{kind}")
    result: Statement = Line(f"return {taken}")
    variable = writer.variable(scope, plan.shape)
    call = f"{variable.name} = {writer.wait}{name}({scope.session}, {writer.identity()}"
    called: Statement = Line(f"{call})")
    body: tuple[Statement, ...]
    if kind == "fixed":
        header = f"{define} {name}(session, ident):"
        body = (Line(where), Load("statement = statement", plan.options, ""), result)
    elif kind == "flag":
        header = f"{define} {name}(session, ident, full=False):"
        body = (Line(where), block("if full:", [Load("statement = statement", plan.options, "")]), result)
        if writer.chance(0.7):
            called = Line(f"{call}, {writer.pick(('full=True', 'True'))})")
        else:
            variable.shape = writer.mapped_shape(entity)
    else:
        star = kind == "star"
        header = f"{define} {name}(session, ident, {'*options' if star else 'options=()'}):"
        body = (Line(where), Line("statement = statement.options(*options)"), result)
        before, after = (", ", ")") if star else (", options=[", "])")
        if plan.options:
            called = Load(call + before, plan.options, after, as_method=False)
    writer.functions.append(Function(writer.pick(("loaders", "services")), name, header, body))
    return [called]


def extender(writer: Writer, scope: Scope) -> list[Statement]:
    """Load with a statement that a function was given and has extended."""
    entity = writer.pick(writer.schema.entities)
    plan = random_plan(writer, entity)
    writer.use("extender")
    name = writer.name("extend")
    where = f".where({entity}.id == {writer.identity()})"
    outside = writer.chance(0.6)
    body: tuple[Statement, ...] = (Load("return statement", plan.options, "" if outside else where),)
    if writer.chance(0.4):
        body = (
            Load("statement = statement", plan.options, "" if outside else where),
            Line("return statement"),
        )
    writer.functions.append(
        Function(writer.pick(("loaders", "services")), name, f"def {name}(statement):", body)
    )
    made = f"{name}(select({entity}){where if outside else ''})"
    unique = ".unique()" if plan.needs_unique or writer.chance(0.3) else ""
    variable = writer.variable(scope, plan.shape)
    if writer.chance(0.5):
        return [Line(f"{variable.name} = ({writer.wait}{scope.session}.scalars({made})){unique}.one()")]
    statement = writer.name("statement")
    taken = f"({writer.wait}{scope.session}.execute({statement})){unique}.scalar_one()"
    return [Line(f"{statement} = {made}"), Line(f"{variable.name} = {taken}")]


def call_changer(writer: Writer, scope: Scope) -> list[Statement]:
    """Pass the session and an object to a function that changes something."""
    from tests.fuzz.body import statements

    variables = [v for v in writer.variables(scope, many=False) if not v.new]
    if not variables or scope.depth > 0:
        return []
    given = writer.pick(variables)
    writer.use("changer")
    name = writer.name("change")
    inner = Scope([Variable("subject", given.shape)], "session", scope.managed, scope.depth + 1)
    body = statements(writer, inner, writer.pick((1, 2, 3)))
    returned = writer.pick([v for v in inner.variables if not v.many] or [given])
    define = "async def" if writer.is_async else "def"
    call = f"{writer.wait}{name}({scope.session}, {given.name})"
    if returned in inner.variables:
        body.append(Line(f"return {returned.name}"))
        if returned.name != "subject":
            variable = writer.variable(scope, returned.shape)
            variable.new = returned.new
            call = f"{variable.name} = {call}"
    writer.functions.append(Function("services", name, f"{define} {name}(session, subject):", tuple(body)))
    return [Line(call)]


def repository(writer: Writer, scope: Scope) -> list[Statement]:
    """Load through the generic repository."""
    entity = writer.pick(writer.schema.entities)
    plan = random_plan(writer, entity)
    writer.use("repository")
    if writer.chance(0.5):
        made = f"Repository({scope.session}, {entity})"
    else:
        writer.repositories += [entity] if entity not in writer.repositories else []
        made = f"{entity}Repository({scope.session})"
    identity = writer.identity()
    method = writer.pick(("get", "one", "list"))
    variable = writer.variable(scope, plan.shape, many=method == "list")
    before = f"{variable.name} = {writer.wait}{made}.{method}("
    if method == "list":
        first = identity // 10 * 10 + 1
        return [Load(f"{before}[{first}, {first + 1}], ", plan.options, ")", as_method=False)]
    if method == "get":
        return [Load(f"{before}{identity}, ", plan.options, ")", as_method=False)]
    return [Load(f"{before}{identity}, [", plan.options, "])", as_method=False)]


def member(writer: Writer, scope: Scope) -> list[Statement]:
    """Use a property, a method or ``__repr__`` of a model, which reads."""
    variables = writer.variables(scope, many=False)
    if not variables:
        return []
    variable = writer.pick(variables)
    entity, name = variable.shape.entity, variable.name
    known = [method for method in writer.methods if method.entity == entity and method.decorator]
    if known and writer.chance(0.3):
        return [Line(f"{name}.{writer.pick(known).name}")]
    expression = path_expression(writer, scope, "self", variable.shape)
    kind = writer.pick(("property", "property", "method", "repr"))
    if kind == "repr" and not any(m.entity == entity and m.name == "__repr__" for m in writer.methods):
        writer.use("repr")
        writer.methods.append(Method(entity, "__repr__", f'f"<{entity} {{{expression}}}>"'))
        return [Line(writer.pick((f"repr({name})", f"str({name})", f'f"{{{name}}}"', f"print({name})")))]
    if kind == "method":
        writer.use("method")
        made = Method(entity, writer.name("describe"), expression)
        writer.methods.append(made)
        return [Line(f"{name}.{made.name}()")]
    writer.use("property")
    made = Method(entity, writer.name("summary"), expression, "property")
    writer.methods.append(made)
    return [Line(f"{name}.{made.name}")]


def path_expression(writer: Writer, scope: Scope, name: str, shape: Shape) -> str:
    """An expression that reads along the relationships of the object that ``name`` stands for."""
    relationship = choose(writer, scope, shape)
    if relationship is None:
        return f"{name}.{column(writer, shape)}"
    target = writer.follow(shape, relationship)
    expression = f"{name}.{relationship.name}"
    if relationship.many:
        return (
            f"len({expression})"
            if target is None
            else f"[item.{column(writer, target)} for item in {expression}]"
        )
    return f"bool({expression})" if target is None else path_expression(writer, scope, expression, target)


def validate(writer: Writer, scope: Scope) -> list[Statement]:
    """Read through a pydantic model."""
    variables = writer.variables(scope)
    if not variables:
        return []
    variable = writer.pick(variables)
    writer.use("schema")
    schema = _response(writer, scope, variable.shape, 0)
    if not variable.many:
        return [Line(f"{schema}.model_validate({variable.name})")]
    variable.use = "loop"
    return [Line(f"[{schema}.model_validate(item) for item in {variable.name}]")]


def _response(writer: Writer, scope: Scope, shape: Shape, depth: int) -> str:
    fields = [("id", "int")]
    fields += [(column(writer, shape), "Any")] if writer.chance(0.6) else []
    relationship = choose(writer, scope, shape) if depth < 2 else None
    if relationship is not None:
        target = writer.follow(shape, relationship)
        if target is not None:
            inner = _response(writer, scope, target, depth + 1)
            annotation = f"list[{inner}]" if relationship.many else writer.pick((inner, f"{inner} | None"))
            fields.append((relationship.name, annotation))
    response = ResponseSchema(writer.name(f"{shape.entity}Out"), tuple(dict(fields).items()))
    writer.responses.append(response)
    return response.name


def awaitable(writer: Writer, scope: Scope) -> list[Statement]:
    """Load what is missing in one of the ways that asyncio allows."""
    variables = [v for v in writer.variables(scope, many=False) if not v.new]
    if not variables or not writer.is_async:
        return []
    variable = writer.pick(variables)
    relationships = writer.schema.relationships_of(variable.shape.entity)
    if not relationships:
        return []
    relationship = writer.pick(relationships)
    target = writer.follow(variable.shape, relationship)
    path = f"{variable.name}.{relationship.name}"
    if writer.chance(0.4) and writer.use("run_sync"):
        return [Line(f"await {scope.session}.run_sync(lambda _: {path})")]
    writer.use("awaitable_attrs")
    expression = f"await {variable.name}.awaitable_attrs.{relationship.name}"
    if target is None or writer.chance(0.4):
        return [Line(expression)]
    made = writer.variable(scope, target, many=relationship.many)
    return [Line(f"{made.name} = {expression}")]


def branch(writer: Writer, scope: Scope) -> list[Statement]:
    """Statements below a condition that is known."""
    inner, other = scope.inner(), scope.inner()
    body = read(writer, inner) + read(writer, inner)
    if not body:
        return []
    writer.use("branch")
    condition = writer.pick(("True", "False", "1 == 1", "not False"))
    if writer.chance(0.5):
        flag = writer.name("flag")
        value = writer.pick(("True", "False"))
        return [Line(f"{flag} = {value}"), block(f"if {flag}:", body)]
    return [Compound((Clause(f"if {condition}:", tuple(body)), Clause("else:", tuple(read(writer, other)))))]


def container(writer: Writer, scope: Scope) -> list[Statement]:
    """Carry an object in something else and read it from there."""
    variables = writer.variables(scope, many=False)
    if not variables:
        return []
    variable = writer.pick(variables)
    writer.use("container")
    name = writer.name("box")
    made, reached = writer.pick(
        (
            (f"{{'it': {variable.name}}}", f"{name}['it']"),
            (f"[{variable.name}]", f"{name}[0]"),
            (f"({variable.name}, 1)", f"{name}[0]"),
            (variable.name, name),
            (f"lambda: {variable.name}", f"{name}()"),
        )
    )
    return [Line(f"{name} = {made}"), *read_from(writer, scope, reached, variable.shape)]
