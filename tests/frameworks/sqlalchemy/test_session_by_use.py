"""A session that nothing is known of but that it is asked for ``query(Book)``."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_BEGIN = SYNC[: SYNC.index("def fill")].replace("Session = sessionmaker(engine)\n", "")


def _found(function: str) -> list[str]:
    return [f.code for f in analyse_sources({"main.py": _BEGIN + function}).findings]


_OF_AN_ATTRIBUTE = """\
def names(request):
    return [book.author.name for book in request.db.query(Book).filter_by(title="Emma").all()]
"""

_OF_ANOTHER_FUNCTION = """\
def books(db):
    return db.query(Book)


def names(request):
    return [book.author.name for book in books(request.db)]
"""

_OF_ANOTHER_MODULE = """\
from elsewhere import session


def names():
    return [book.author.name for book, _ in session.query(Book, Book.title)]
"""


@pytest.mark.parametrize("function", [_OF_AN_ATTRIBUTE, _OF_ANOTHER_FUNCTION, _OF_ANOTHER_MODULE])
def test_lazy_load_of_each_row(function: str) -> None:
    assert _found(function) == ["DET107"]


_LOADED = """\
def names(db):
    return [book.author.name for book in db.query(Book).options(joinedload(Book.author))]
"""

_ONE = """\
def name(db):
    return db.query(Book).first().author.name
"""

_REFRESHED = """\
def names(db):
    for book in db.query(Book):
        db.refresh(book, ["author"])
        print(book.author.name)
"""

_LOADED_BEFORE = """\
def names(db):
    authors = db.query(Author).all()
    return authors, [book.author.name for book in db.query(Book)]
"""


@pytest.mark.parametrize("function", [_LOADED, _ONE, _REFRESHED, _LOADED_BEFORE])
def test_what_is_loaded(function: str) -> None:
    assert _found(function) == []


_CLOSED = """\
def name(db):
    book = db.query(Book).first()
    db.close()
    return book.author.name
"""

_COMMITTED = """\
def titles(db):
    for book in db.query(Book):
        db.commit()
        print(book.title)
"""

_DELETED = """\
def titles(db):
    book = db.query(Book).first()
    author = db.query(Author).first()
    db.delete(author)
    db.commit()
    return book.author
"""


@pytest.mark.parametrize("function", [_CLOSED, _COMMITTED, _DELETED])
def test_its_life_is_not_known(function: str) -> None:
    assert _found(function) == []


def test_query_of_something_else() -> None:
    function = "def names(frame):\n    return [row.author.name for row in frame.query('title > 1')]\n"
    assert _found(function) == []
