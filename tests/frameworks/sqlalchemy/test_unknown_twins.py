"""Two objects that may be one row: what nobody knows of the one is in no doubt when the other is loaded."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import ASYNC

_PROGRAM = """\
async def show(session: AsyncSession, book: Book, title: str):
    {before}
    found = await session.scalar(select(Book).where(Book.title == title))
    {loading}
    return book.author.name
"""


_REFRESH = 'await session.refresh(found, ["author"])'


def _found(before: str, loading: str) -> list[str]:
    program = _PROGRAM.format(before=before, loading=loading)
    return [f.code for f in analyse_sources({"main.py": ASYNC + program}).findings]


@pytest.mark.parametrize("loading", [_REFRESH, 'found.author = Author(name="x")'])
@pytest.mark.parametrize("before", ["session.add(book)", "book = await session.merge(book)"])
def test_unknown_object_stays_unknown(before: str, loading: str) -> None:
    assert _found(before, loading) == []


def test_object_that_lacks_the_attribute_may_have_got_it() -> None:
    assert _found("book = await session.scalar(select(Book).limit(1))", _REFRESH) == ["DET113"]
