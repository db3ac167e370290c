"""Functions of the standard library under the names of libraries that hand them on."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_PROGRAM = """\
from {library} import partial


def ordered(query, column, descending):
    return query.order_by(column)


by_key = partial(ordered, column=Book.id, descending=False)


def main():
    fill()
    with Session() as session:
        for book in session.scalars(by_key(select(Book))):
            print(book.author.name)
"""


@pytest.mark.parametrize("library", ["functools", "funcy"])
def test_partial_is_what_functools_makes(library: str) -> None:
    found = analyse_sources({"main.py": SYNC + _PROGRAM.replace("{library}", library)}).findings
    assert [f.code for f in found] == ["DET107"]
