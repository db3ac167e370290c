"""The tree of a random program. It is rendered to source, and the reducer takes parts of it away."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Option:
    """A loader option such as ``selectinload(User.orders)`` and those that start where it leads to."""

    call: str
    children: tuple["Option", ...] = ()
    chained: bool = True

    def render(self) -> str:
        if not self.children:
            return self.call
        if self.chained and len(self.children) == 1:
            return f"{self.call}.{self.children[0].render()}"
        return f"{self.call}.options({', '.join(child.render() for child in self.children)})"


@dataclass(frozen=True, slots=True)
class Line:
    """A statement of one line."""

    text: str

    def render(self) -> list[str]:
        return [self.text]


@dataclass(frozen=True, slots=True)
class Load:
    """A line that loads something, with its options inside."""

    before: str
    options: tuple[Option, ...]
    after: str
    as_method: bool = True

    def render(self) -> list[str]:
        options = ", ".join(option.render() for option in self.options)
        if self.as_method:
            options = f".options({options})" if options else ""
        return [self.before + options + self.after]


@dataclass(frozen=True, slots=True)
class Clause:
    """A header such as ``if flag:`` with what is below it."""

    header: str
    body: tuple["Statement", ...]

    def render(self) -> list[str]:
        lines = [line for statement in self.body for line in statement.render()] or ["pass"]
        return [self.header, *("    " + line for line in lines)]


@dataclass(frozen=True, slots=True)
class Compound:
    """A statement of one or more clauses: with, for, if, try."""

    clauses: tuple[Clause, ...]

    def render(self) -> list[str]:
        return [line for clause in self.clauses for line in clause.render()]


Statement = Line | Load | Compound


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a module; in a class of that module when ``owner`` names one."""

    module: str
    name: str
    header: str
    body: tuple[Statement, ...]

    def render(self) -> list[str]:
        return [*Clause(self.header, self.body).render(), "", ""]


@dataclass(frozen=True, slots=True)
class Method:
    """A property, a method or ``__repr__`` of a model."""

    entity: str
    name: str
    expression: str
    decorator: str | None = None

    def render(self) -> list[str]:
        annotation = " -> str" if self.name == "__repr__" else ""
        lines = [f"def {self.name}(self){annotation}:", f"    return {self.expression}"]
        return [f"@{self.decorator}", *lines] if self.decorator else lines


@dataclass(frozen=True, slots=True)
class Declaration:
    """An attribute of a model that is made of others, such as an association proxy."""

    entity: str
    name: str
    source: str
    decorator: str | None = None

    def render(self) -> list[str]:
        return [f"{self.name} = {self.source}"]


Member = Method | Declaration


@dataclass(frozen=True, slots=True)
class ResponseSchema:
    """A pydantic model that reads an entity's attributes."""

    name: str
    fields: tuple[tuple[str, str], ...]

    def render(self) -> list[str]:
        fields = [f"    {name}: {annotation}" for name, annotation in self.fields]
        return [f"class {self.name}(Response):", *(fields or ["    pass"]), "", ""]


def block(header: str, body: Iterable[Statement]) -> Compound:
    """A compound statement of one clause."""
    return Compound((Clause(header, tuple(body)),))


def simpler_options(options: tuple[Option, ...]) -> list[tuple[Option, ...]]:
    """The options with one of them removed or cut back."""
    variants = []
    for index, option in enumerate(options):
        before, after = options[:index], options[index + 1 :]
        variants.append(before + after)
        variants += [
            (*before, replace(option, children=children), *after)
            for children in simpler_options(option.children)
        ]
    return variants


def simpler_body(body: tuple[Statement, ...]) -> list[tuple[Statement, ...]]:
    """The statements with one removed, simplified, or replaced by what it contains."""
    variants: list[tuple[Statement, ...]] = []
    for index, statement in enumerate(body):
        before, after = body[:index], body[index + 1 :]
        variants.append(before + after)
        if isinstance(statement, Load):
            variants += [
                (*before, replace(statement, options=options), *after)
                for options in simpler_options(statement.options)
            ]
        if isinstance(statement, Compound):
            variants += [(*before, *clause.body, *after) for clause in statement.clauses]
            for place, clause in enumerate(statement.clauses):
                rest = statement.clauses[:place], statement.clauses[place + 1 :]
                variants += [
                    (*before, Compound((*rest[0], replace(clause, body=inner), *rest[1])), *after)
                    for inner in simpler_body(clause.body)
                ]
    return variants
