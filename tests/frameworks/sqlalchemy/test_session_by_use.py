"""A session that nothing is known of but that it is asked for ``query(Book)``."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import ASYNC, SYNC

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


_ASYNC_BEGIN = ASYNC[: ASYNC.index("async def fill")].replace(
    "Session = async_sessionmaker(engine, expire_on_commit=False)\n", ""
)

_ROWS = """\
async def name(db: Any = None):
    book = (await db.execute(select(Book))).scalars().first()
    return book.author.name
"""

_ONE_BY_KEY = """\
async def name(request):
    book = await request.state.db.get(Book, 1)
    return book.author.name
"""

_OF_A_COLUMN = """\
async def title(db):
    title = await db.scalar(select(Book.title))
    return title.author
"""

_NOT_AWAITED = """\
async def name(db):
    return db.scalars(select(Book)).first().author.name
"""

_LOADED_ALONG = """\
async def name(db):
    book = await db.scalar(select(Book).options(joinedload(Book.author)))
    await db.commit()
    return book.title, book.author.name
"""

_WITHOUT_QUERY = """\
def names(db):
    return [book.author.name for book in db.scalars(select(Book)).all()]
"""


@pytest.mark.parametrize("function", [_ROWS, _ONE_BY_KEY])
def test_what_is_awaited_is_asynchronous(function: str) -> None:
    found = analyse_sources({"main.py": _ASYNC_BEGIN + function}).findings
    assert [f.error for f in found] == ["MissingGreenlet"]


@pytest.mark.parametrize("function", [_OF_A_COLUMN, _NOT_AWAITED, _LOADED_ALONG])
def test_what_else_is_awaited(function: str) -> None:
    assert [f.code for f in analyse_sources({"main.py": _ASYNC_BEGIN + function}).findings] == []


def test_a_select_that_is_not_awaited_loads_for_each_row() -> None:
    assert _found(_WITHOUT_QUERY) == ["DET107"]
