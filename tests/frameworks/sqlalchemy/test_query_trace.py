"""The way of a query from the file that makes it to the one that executes it."""

from __future__ import annotations

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_MODELS = SYNC
_QUERIES = """\
from models import Book, Session


def query(session, model):
    return session.query(model)
"""
_SHELF = """\
from queries import query
from models import Book


def books_called(session, title):
    return query(session, Book){further}
"""
_MAIN = """\
from models import Session
from shelf import books_called


def show():
    with Session() as session:
        found = books_called(session, "Emma").all()
    return [book.author.name for book in found]
"""


def _way(further: str) -> list[tuple[str, int, str]]:
    files = {
        "models.py": _MODELS,
        "queries.py": _QUERIES,
        "shelf.py": _SHELF.format(further=further),
        "main.py": _MAIN,
    }
    (finding,) = analyse_sources(files).findings
    return [(step.span.path, step.span.line, step.message) for step in finding.trace]


def test_the_file_that_goes_on_with_the_query_of_another_is_named() -> None:
    assert _way(".filter(Book.title == title).order_by(Book.id)")[:3] == [
        ("queries.py", 5, "`Book` is queried here"),
        ("shelf.py", 6, "the query goes on here"),
        ("main.py", 7, "the query is executed here"),
    ]


def test_a_file_that_only_hands_the_query_on_is_not() -> None:
    assert _way("")[:2] == [
        ("queries.py", 5, "`Book` is queried here"),
        ("main.py", 7, "the query is executed here"),
    ]
