"""Dicts that remember what a function gave: ``if key not in cache: cache[key] = compute(key)``."""

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_READERS = """\
def read_author(book):
    return book.author.name


def read_title(book):
    return book.title


def detached():
    with Session() as session:
        return session.scalars(select(Book)).one()


"""

_REMEMBERING = """\
def remember(function):
    cache = {}

    def remembered(*args):
        key = repr(args)
        if key not in cache:
            cache[key] = function(*args)
        return cache[key]

    return remembered


@remember
def reader_of(kind):
    return read_author if kind == "author" else read_title


first = reader_of("author")


"""


def _found(program: str) -> list[tuple[str, str | None]]:
    return [(f.code, f.chain) for f in analyse_sources({"main.py": SYNC + _READERS + program}).findings]


def test_what_was_remembered_for_others_is_not_found() -> None:
    assert _found(_REMEMBERING + 'def show():\n    return reader_of("title")(detached())\n') == []


def test_what_would_be_computed_is_found() -> None:
    program = _REMEMBERING + 'def show():\n    return reader_of("author")(detached())\n'
    assert _found(program) == [("DET102", "book.author.name")]


def test_what_a_constant_key_holds_is_kept() -> None:
    program = """\
def choosing():
    readers = {"author": read_author}

    def choose(kind):
        if kind not in readers:
            readers[kind] = read_title
        return readers[kind]

    return choose


reader_of = choosing()


def show():
    return reader_of("author")(detached())
"""
    assert _found(program) == [("DET102", "book.author.name")]


def test_remembered_objects_of_the_orm_have_aged() -> None:
    program = """\
def remember(function):
    books = {}

    def remembered(session, title):
        if title not in books:
            books[title] = function(session, title)
        return books[title]

    return remembered


@remember
def book_of(session, title):
    return session.scalars(select(Book).where(Book.title == title)).one()


def show(title):
    with Session() as session:
        return book_of(session, title).author.name
"""
    assert _found(program) == [("DET110", "book_of(session,title).author.name")]
