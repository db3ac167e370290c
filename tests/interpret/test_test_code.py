"""Tests of the analysed program: they do not pass all that is passed; what only they make is a stand-in."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_READ_OF_AN_ARGUMENT = """\
def name_of(number, detailed=None):
    with Session() as session:
        book = session.scalars(select(Book)).one()
    return book.author.name if number is not None else book.title
"""

_REPOSITORY = """\
from typing import Protocol


class Repository(Protocol):
    def one(self, session) -> Book: ...


class Stored(Repository):
    def one(self, session) -> Book:
        return session.scalars(select(Book)).one()


def show(repository: Repository):
    with Session() as session:
        book = repository.one(session)
    return book.author.name
"""

_STAND_IN = """\
from main import Author, Book, Repository


class {name}(Repository):
    def one(self, session) -> Book:
        return Book(author=Author())

    def copy(self):
        return {name}()
"""


@pytest.mark.parametrize(
    "path", ["tests/cases.py", "test_main.py", "main_test.py", "app/test/cases.py", "conftest.py"]
)
def test_arguments_of_tests_are_not_all_there_are(path: str) -> None:
    calls = "from main import name_of\n\n\ndef test_name():\n    assert name_of(None)\n"
    found = analyse_sources({"main.py": SYNC + _READ_OF_AN_ARGUMENT, path: calls}).findings
    assert [f.code for f in found] == ["DET102"]


def test_arguments_of_the_application_are_all_there_are() -> None:
    calls = "from main import name_of\n\n\ndef show_name():\n    return name_of(None)\n"
    assert not analyse_sources({"main.py": SYNC + _READ_OF_AN_ARGUMENT, "latest.py": calls}).findings


@pytest.mark.parametrize("path", ["fakes.py", "tests/fakes.py"])
def test_class_that_only_tests_make_is_no_implementation(path: str) -> None:
    module = path.removesuffix(".py").replace("/", ".")
    sources = {
        "main.py": SYNC + _REPOSITORY,
        path: _STAND_IN.format(name="Fake"),
        "tests/test_main.py": f"from {module} import Fake\n\n\ndef test_one():\n    assert Fake()\n",
    }
    assert [f.code for f in analyse_sources(sources).findings] == ["DET102"]


def test_class_that_the_application_makes_too_is_one() -> None:
    sources = {
        "main.py": SYNC + _REPOSITORY,
        "fakes.py": _STAND_IN.format(name="Fake"),
        "start.py": "from fakes import Fake\n\nrepository = Fake()\n",
        "tests/test_main.py": "from fakes import Fake\n\n\ndef test_one():\n    assert Fake()\n",
    }
    assert not analyse_sources(sources).findings
