"""A random program as a whole: its tree, its files, its simpler variants."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from detachlint.testing import Program
from tests.fuzz.render import database_source, models_source
from tests.fuzz.schema import Schema
from tests.fuzz.tree import Function, Member, ResponseSchema, Statement, simpler_body

T = TypeVar("T")

REPOSITORY = """\
from typing import Generic, TypeVar

from sqlalchemy import select

T = TypeVar("T")


class Repository(Generic[T]):
    model: type[T]

    def __init__(self, session, model=None):
        self.session = session
        if model is not None:
            self.model = model

    {d}def get(self, ident, *options):
        return {a}self.session.get(self.model, ident, options=options)

    {d}def one(self, ident, options=()):
        statement = select(self.model).where(self.model.id == ident).options(*options)
        return ({a}self.session.execute(statement)).unique().scalar_one()

    {d}def list(self, idents, *options):
        statement = select(self.model).where(self.model.id.in_(idents))
        if options:
            statement = statement.options(*options)
        return ({a}self.session.scalars(statement)).unique().all()

    {d}def save(self, entity):
        self.session.add(entity)
        {a}self.session.commit()
        return entity
"""

SCHEMAS = """\
from typing import Any

from pydantic import BaseModel, ConfigDict


class Response(BaseModel):
    model_config = ConfigDict(from_attributes=True)


"""

LIBRARY = {
    "asyncio": ("Event", "create_task", "gather", "sleep"),
    "sqlalchemy": ("inspect", "select", "update", "bindparam"),
    "sqlalchemy.exc": ("SQLAlchemyError",),
    "sqlalchemy.orm": (
        *("Load", "aliased", "contains_eager", "defaultload", "defer", "immediateload", "joinedload"),
        *("lazyload", "load_only", "noload", "raiseload", "selectinload", "subqueryload", "undefer"),
        *("selectin_polymorphic", "with_polymorphic"),
    ),
    "sqlalchemy.orm.attributes": ("set_committed_value",),
    "database": ("Session", "fill"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One program. ``features`` says what its generator put into it."""

    schema: Schema
    is_async: bool
    expire_on_commit: bool
    functions: tuple[Function, ...]
    methods: tuple[Member, ...]
    responses: tuple[ResponseSchema, ...]
    repositories: tuple[str, ...]
    body: tuple[Statement, ...]
    features: frozenset[str]

    def program(self, without: str = "") -> Program:
        """The files of the program.

        Args:
            without: an entity whose table is empty.
        """
        entities = self.schema.classes
        files = {
            "models.py": models_source(self.schema, self.methods),
            "database.py": database_source(self.schema, self.is_async, self.expire_on_commit, without),
        }
        for module in sorted({function.module for function in self.functions}):
            functions = [function for function in self.functions if function.module == module]
            source = _lines(line for function in functions for line in function.render())
            files[f"{module}.py"] = self._imports(source, entities, {module}) + source
        main = ["async def main():" if self.is_async else "def main():"]
        main += ["    await fill()" if self.is_async else "    fill()"]
        main += ["    " + line for statement in self.body for line in statement.render()]
        body = _lines(main)
        everything = "".join(files.values()) + body
        if "Repository" in everything:
            files["repository.py"] = self._repository_source(everything)
        if "Out" in everything:
            files["schemas.py"] = SCHEMAS + _lines(
                line for response in self.responses for line in response.render()
            )
        files["main.py"] = self._imports(body, entities, set()) + body
        return Program(files)

    def simpler(self) -> Iterable["Case"]:
        """The case with one part removed or made ordinary, the largest parts first."""
        for body in simpler_body(self.body):
            yield replace(self, body=body)
        yield from self._simpler_functions()
        for index in range(len(self.methods)):
            yield replace(self, methods=_without(self.methods, index))
        for index, response in enumerate(self.responses):
            yield replace(self, responses=_without(self.responses, index))
            for place in range(len(response.fields)):
                fewer = replace(response, fields=_without(response.fields, place))
                yield replace(self, responses=_replaced(self.responses, index, fewer))
        for schema in self.schema.simpler():
            yield replace(self, schema=schema)
        if self.expire_on_commit:
            yield replace(self, expire_on_commit=False)

    def _simpler_functions(self) -> Iterable["Case"]:
        for index, function in enumerate(self.functions):
            yield replace(self, functions=_without(self.functions, index))
            for body in simpler_body(function.body):
                changed = replace(function, body=body)
                yield replace(self, functions=_replaced(self.functions, index, changed))

    def _repository_source(self, used_in: str) -> str:
        source = REPOSITORY.format(d="async " if self.is_async else "", a="await " if self.is_async else "")
        derived = [entity for entity in self.repositories if f"{entity}Repository" in used_in]
        if derived:
            source = f"from models import {', '.join(derived)}\n" + source
        for entity in derived:
            source += f"\n\nclass {entity}Repository(Repository[{entity}]):\n    model = {entity}\n"
        return source

    def _imports(self, source: str, entities: list[str], own: set[str]) -> str:
        names = set(re.findall(r"\w+", source))
        modules = {**LIBRARY, "models": tuple(entities)}
        modules["repository"] = ("Repository", *(f"{entity}Repository" for entity in self.repositories))
        modules["schemas"] = tuple(response.name for response in self.responses)
        for function in self.functions:
            if function.module not in own:
                modules[function.module] = (*modules.get(function.module, ()), function.name)
        lines = []
        for module, provided in modules.items():
            used = [name for name in provided if name in names]
            if used:
                lines.append(f"from {module} import {', '.join(used)}")
        return "\n".join(lines) + "\n\n\n" if lines else ""


def _without(items: tuple[T, ...], index: int) -> tuple[T, ...]:
    return items[:index] + items[index + 1 :]


def _replaced(items: tuple[T, ...], index: int, item: T) -> tuple[T, ...]:
    return (*items[:index], item, *items[index + 1 :])


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"
