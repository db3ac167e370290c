"""Statements that load objects."""

from tests.fuzz.options import Plan, random_plan
from tests.fuzz.tree import Line, Load, Option, Statement
from tests.fuzz.writer import Scope, Variable, Writer

_ONE = ("scalar_one()", "scalar_one_or_none()", "scalars().one()", "scalars().first()", "scalar()")
_ONE_SCALAR = ("one()", "first()", "one_or_none()")


def load(writer: Writer, scope: Scope) -> list[Statement]:
    """Load an object or some objects into a new variable."""
    forms = [
        *((_execute, 4), (_scalars, 4), (_get, 4), (_scalar, 1), (_in_steps, 2), (_several, 5)),
        *((_contains_eager, 1), (_row_of_two, 1), (_alias, 0.6), (_stream, 0.5 if writer.is_async else 0)),
        (_legacy, 0 if writer.is_async else 4),
    ]
    allowed = [
        (form, weight) for form, weight in forms if form.__name__.removeprefix("_") not in writer.without
    ]
    form = writer.random.choices([form for form, _ in allowed], [weight for _, weight in allowed])[0]
    entity = writer.pick(writer.schema.entities)
    writer.use(form.__name__.removeprefix("_"))
    return form(writer, scope, entity)


def random_load(writer: Writer, scope: Scope, entity: str) -> tuple[list[Statement], Variable]:
    """Load one object of the entity."""
    statements = writer.pick((_execute, _scalars, _get))(writer, scope, entity)
    return statements, scope.variables[-1]


def _execute(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    plan = random_plan(writer, entity)
    variable = writer.variable(scope, plan.shape)
    call = f"{variable.name} = ({writer.wait}{scope.session}.execute(select({entity})"
    return [
        Load(call, plan.options, f"{_where(writer, entity)})){_unique(writer, plan)}.{writer.pick(_ONE)}")
    ]


def _scalars(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    plan = random_plan(writer, entity)
    variable = writer.variable(scope, plan.shape)
    call = f"{variable.name} = ({writer.wait}{scope.session}.scalars(select({entity}){_where(writer, entity)}"
    ending = writer.pick(_ONE_SCALAR)
    if writer.chance(0.08) and writer.use("populate_existing"):
        return [
            Load(
                call,
                plan.options,
                f".execution_options(populate_existing=True))){_unique(writer, plan)}.{ending}",
            )
        ]
    return [Load(call, plan.options, f")){_unique(writer, plan)}.{ending}")]


def _scalar(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    plan = random_plan(writer, entity)
    if plan.needs_unique and writer.chance(0.9):
        return _get(writer, scope, entity)
    variable = writer.variable(scope, plan.shape)
    call = f"{variable.name} = {writer.wait}{scope.session}.scalar(select({entity})"
    return [Load(call, plan.options, f"{_where(writer, entity)})")]


def _get(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    plan = random_plan(writer, entity)
    get = writer.pick(("get", "get", "get_one"))
    call = f"{writer.wait}{scope.session}.{get}({entity}, {writer.identity()}"
    if writer.chance(0.45):
        variable = writer.variable(scope, writer.mapped_shape(entity))
        return [Line(f"{variable.name} = {call})")]
    variable = writer.variable(scope, plan.shape)
    return [Load(f"{variable.name} = {call}, options=[", plan.options, "])", as_method=False)]


def _legacy(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    plan = random_plan(writer, entity)
    variable = writer.variable(scope, plan.shape)
    ident = writer.identity()
    where = writer.pick((f".filter({entity}.id == {ident})", f".filter_by(id={ident})"))
    call = f"{variable.name} = {scope.session}.query({entity})"
    return [Load(call, plan.options, where + writer.pick((".one()", ".first()", ".one_or_none()")))]


def _in_steps(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    plan = random_plan(writer, entity)
    statement, result = writer.name("statement"), writer.name("result")
    lines: list[Statement] = [
        Line(f"{statement} = select({entity}){_where(writer, entity)}"),
        Load(f"{statement} = {statement}", plan.options, ""),
    ]
    if writer.chance(0.15):
        lines.reverse()
        lines = [Load(f"{statement} = select({entity})", plan.options, _where(writer, entity))]
    lines.append(Line(f"{result} = {writer.wait}{scope.session}.execute({statement})"))
    variable = writer.variable(scope, plan.shape)
    ending = f"{result}{_unique(writer, plan)}"
    taken = writer.pick((f"{ending}.scalar_one()", f"{ending}.scalars().one()", f"{ending}.one()[0]"))
    lines.append(Line(f"{variable.name} = {taken}"))
    return lines


def _several(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    plan = random_plan(writer, entity)
    variable = writer.variable(scope, plan.shape, many=True)
    first = writer.identity() // 10 * 10 + 1
    where = f".where({entity}.id.in_([{first}, {first + 1}])).order_by({entity}.id)"
    if not writer.is_async and writer.chance(0.25) and writer.use("legacy"):
        query = f"{variable.name} = {scope.session}.query({entity})"
        where = f".filter({entity}.id.in_([{first}, {first + 1}])).order_by({entity}.id)"
        return [Load(query, plan.options, f"{where}.all()")]
    unique = _unique(writer, plan)
    scalars = f"{writer.wait}{scope.session}.scalars(select({entity})"
    execute = f"{writer.wait}{scope.session}.execute(select({entity})"
    before, after = writer.pick(
        (
            (f"({scalars}", f"{where})){unique}.all()"),
            (f"({execute}", f"{where})){unique}.scalars().all()"),
            (f"list(({scalars}", f"{where})){unique})"),
            (f"[row[0] for row in ({execute}", f"{where})){unique}.all()]"),
            (f"[item for item in ({scalars}", f"{where})){unique}]"),
        )
    )
    return [Load(f"{variable.name} = {before}", plan.options, after)]


def _stream(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    plan = random_plan(writer, entity)
    if plan.needs_unique:
        return _get(writer, scope, entity)
    variable = writer.variable(scope, plan.shape)
    call = f"{variable.name} = await (await {scope.session}.stream_scalars(select({entity})"
    return [Load(call, plan.options, f"{_where(writer, entity)})).one()")]


def _contains_eager(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    candidates = [r for r in writer.schema.relationships_of(entity) if r.target != entity]
    if not candidates:
        return _execute(writer, scope, entity)
    relationship = writer.pick(candidates)
    plan = random_plan(writer, entity, skip=relationship.name)
    eager = writer.chance(0.8)
    join = f".join({entity}.{relationship.name})"
    if eager:
        plan.shape.loaded[relationship.name] = writer.mapped_shape(relationship.target, (entity,))
        plan.options += (Option(f"contains_eager({entity}.{relationship.name})"),)
    else:
        writer.use("join_without_option")
    unique = ".unique()" if relationship.many else _unique(writer, plan)
    variable = writer.variable(scope, plan.shape)
    call = f"{variable.name} = ({writer.wait}{scope.session}.scalars(select({entity}){join}"
    where = f".where({entity}.id == {writer.identity()})"
    return [Load(call, plan.options, f"{where})){unique}.first()")]


def _row_of_two(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    candidates = [r for r in writer.schema.relationships_of(entity) if r.target != entity]
    if not candidates:
        return _execute(writer, scope, entity)
    relationship = writer.pick(candidates)
    plan = random_plan(writer, entity)
    first = writer.variable(scope, plan.shape)
    second = writer.variable(scope, writer.mapped_shape(relationship.target))
    unique = writer.joins_collection(relationship.target)
    ending = ".unique().first()" if unique else f"{_unique(writer, plan)}.first()"
    select = f"select({entity}, {relationship.target}).join({entity}.{relationship.name})"
    call = f"{first.name}, {second.name} = ({writer.wait}{scope.session}.execute({select}"
    where = f".where({entity}.id == {writer.identity()})"
    return [Load(call, plan.options, f"{where})){ending}")]


def _alias(writer: Writer, scope: Scope, entity: str) -> list[Statement]:
    alias = writer.name("alias")
    plan = random_plan(writer, entity, root=alias)
    variable = writer.variable(scope, plan.shape)
    call = f"{variable.name} = ({writer.wait}{scope.session}.scalars(select({alias})"
    where = f".where({alias}.id == {writer.identity()})"
    return [
        Line(f"{alias} = aliased({entity})"),
        Load(call, plan.options, f"{where})){_unique(writer, plan)}.one()"),
    ]


def _where(writer: Writer, entity: str) -> str:
    return writer.pick(
        (f".where({entity}.id == {{}})", f".filter({entity}.id == {{}})", ".filter_by(id={})")
    ).format(writer.identity())


def _unique(writer: Writer, plan: Plan) -> str:
    return ".unique()" if writer.chance(0.88 if plan.needs_unique else 0.15) else ""
