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


@pytest.mark.parametrize("program", [_OPTION, _FIELD, _CLASS_VARIABLE])
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
