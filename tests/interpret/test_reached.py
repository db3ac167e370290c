"""What stands behind a test that the analysed code alone does not decide."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_OPTION = """\
def titles(detailed=False):
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name if detailed else book.title
"""

_FIELD = """\
class Service:
    def __init__(self):
        self.task = None
        self.waiting = {}

    def start(self, task, key):
        self.task = task
        self.waiting[key] = task

    def stop(self, key):
        assert self.task is not None
        if key not in self.waiting:
            return None
        with Session() as session:
            book = session.scalars(select(Book)).one()
        return book.author.name
"""

_CLASS_VARIABLE = """\
class Service:
    is_ready = False

    def start(self):
        self.is_ready = True

    def stop(self):
        if not self.is_ready:
            return None
        with Session() as session:
            book = session.scalars(select(Book)).one()
        return book.author.name
"""

_LIST = """\
class Service:
    def __init__(self):
        self.waiting = []

    def add(self, title):
        self.waiting.append(title)

    def first(self):
        if not self.waiting:
            return None
        with Session() as session:
            book = session.scalars(select(Book)).one()
        return book.author.name
"""

_ANNOTATED_CLASS_VARIABLE = """\
class Service:
    task: str | None = None

    def start(self, task):
        self.task = task

    def stop(self):
        assert self.task is not None
        with Session() as session:
            book = session.scalars(select(Book)).one()
        return book.author.name
"""

_CONSTANT_OF_A_MODULE = """\
import os

if os.environ.get("SHORT"):
    Titles = None
    IS_DETAILED = False
else:
    Titles = Session
    IS_DETAILED = True


def main():
    fill()
    with Titles() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name if IS_DETAILED else book.title
"""

_TWO_TESTS_OF_A_MODULE = """\
import os

if os.environ.get("SHORT"):
    Titles = None
else:
    Titles = Session

if os.environ.get("SHORT"):
    Names = None
else:
    Names = Session


def main():
    fill()
    with Names() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name
"""

_ABSTRACT = """\
from abc import ABC, abstractmethod
from typing import Protocol


class Repository({base}):
    {decorator}
    def one(self, session) -> Book:
        {body}


{subclasses}


def show(repository: Repository):
    with Session() as session:
        book = repository.one(session)
    return book.author.name
"""

_STORED = """\
class Stored(Repository):
    def one(self, session) -> Book:
        return session.scalars(select(Book)).one()
"""

_CACHED = """

class Cached(Repository):
    def one(self, session) -> Book:
        return session.scalars(select(Book).options(joinedload(Book.author))).one()
"""


def _found(program: str) -> list[str]:
    return [f.code for f in analyse_sources({"main.py": SYNC + program}).findings]


@pytest.mark.parametrize(
    "program",
    [
        _OPTION,
        _FIELD,
        _LIST,
        _CLASS_VARIABLE,
        _ANNOTATED_CLASS_VARIABLE,
        _CONSTANT_OF_A_MODULE,
        _TWO_TESTS_OF_A_MODULE,
    ],
)
def test_outside_may_have_chosen_or_set_it(program: str) -> None:
    assert _found(program) == ["DET102"]


_WAYS = [
    ("ABC", "@abstractmethod", "raise NotImplementedError"),
    ("ABC", "@abstractmethod", '"""One book."""'),
    ("Protocol", "", "..."),
    ("", "", "raise NotImplementedError()"),
]


@pytest.mark.parametrize(("base", "decorator", "body"), _WAYS)
def test_method_of_the_only_subclass_is_run(base: str, decorator: str, body: str) -> None:
    program = _ABSTRACT.format(base=base, decorator=decorator, body=body, subclasses=_STORED)
    assert _found(program) == ["DET102"]


@pytest.mark.parametrize(("base", "decorator", "body"), _WAYS)
def test_of_several_subclasses_nobody_knows_which_is_run(base: str, decorator: str, body: str) -> None:
    program = _ABSTRACT.format(base=base, decorator=decorator, body=body, subclasses=_STORED + _CACHED)
    assert _found(program) == []


@pytest.mark.parametrize("default", ["None", "False"])
def test_default_of_a_field_is_not_what_an_object_from_elsewhere_holds(default: str) -> None:
    program = f"""\
from dataclasses import dataclass


@dataclass
class Request:
    number: int | None = {default}


def show(request: Request):
    if not request.number:
        return None
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name
"""
    assert _found(program) == ["DET102"]


def test_setting_that_is_empty_is_given_by_the_environment() -> None:
    program = """\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    key: str = ""


settings = Settings()


def main():
    fill()
    if not settings.key:
        return None
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name
"""
    assert _found(program) == ["DET102"]


def test_result_of_marshmallow_2_has_errors_and_data() -> None:
    program = """\
from marshmallow import Schema, fields


class Out(Schema):
    title = fields.String()


def main():
    fill()
    with Session() as session:
        book = session.scalars(select(Book)).one()
        result = Out().dump(book)
    if result.errors:
        return result.errors
    return result.data["title"], book.author.name
"""
    assert _found(program) == ["DET102"]


_HOLDER = """\
from dataclasses import dataclass


@dataclass
class Request:
    number: int | None = None
    is_late = False
    count = 0

    def delay(self):
        self.is_late = True


def count(request):
    request.count = 1


def show(request):
    if request.number is None:
        return None
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name


"""


def test_call_in_a_large_program_does_not_take_defaults_for_what_it_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("detachlint.interpret.machine.MANY_FUNCTIONS", 0)
    main = "def main():\n    fill()\n    return show(Request(number=3))\n"
    assert _found(_HOLDER + main) == ["DET102"]


def test_caller_in_a_large_program_knows_its_object_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detachlint.interpret.machine.MANY_FUNCTIONS", 0)
    main = """\
def main():
    fill()
    request = Request(number=3)
    count(request)
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name if request.is_late else book.title
"""
    assert _found("\n".join([_HOLDER.partition("def show")[0], main])) == []
