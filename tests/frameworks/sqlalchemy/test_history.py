"""``inspect(book).attrs.author.history``: what has changed."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_BEGIN = (
    "from sqlalchemy import inspect\n"
    + SYNC
    + """\
def detached():
    with Session() as session:
        return session.scalars(select(Book)).one()


"""
)


@pytest.mark.parametrize(
    ("change", "codes"),
    [("pass", []), ('book.title = "Emma"', []), ('book.author = Author(name="Austen")', ["DET102"])],
)
def test_what_nothing_has_changed_has_no_changes(change: str, codes: list[str]) -> None:
    program = f"""\
def show():
    with Session() as session:
        book = session.scalars(select(Book)).one()
        {change}
        if inspect(book).attrs["author"].history.has_changes():
            return detached().author.name
        return book.title
"""
    assert [f.code for f in analyse_sources({"main.py": _BEGIN + program}).findings] == codes


@pytest.mark.parametrize("test", ["if", "if not"])
def test_what_nobody_knows_of_may_have_changes_or_none(test: str) -> None:
    program = f"""\
def show(book: Book):
    {test} inspect(book).attrs.author.history.has_changes():
        return detached().author.name
    return book.title
"""
    assert [f.code for f in analyse_sources({"main.py": _BEGIN + program}).findings] == ["DET102"]
