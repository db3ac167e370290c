"""What DET204 says of a relationship that nothing loads: who leaves it out."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_READ = """\
def show():
    with Session() as session:
        return session.scalars(select(Book){options}).one().author
"""


@pytest.mark.parametrize(
    ("mapped", "options", "why"),
    [
        ("", ".options(noload(Book.author))", "is left out by an option `noload`"),
        (', lazy="noload"', "", "is mapped with `noload`"),
    ],
)
def test_who_leaves_it_out(mapped: str, options: str, why: str) -> None:
    text = "from sqlalchemy.orm import noload\n" + SYNC
    text = text.replace('(back_populates="books"', f'(back_populates="books"{mapped}')
    findings = analyse_sources({"main.py": text + _READ.format(options=options)}).findings
    assert [(f.code, why in f.message) for f in findings] == [("DET204", True)]
