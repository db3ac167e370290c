"""Flask-WTF's forms, which are validated when they were sent."""

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC

_PROGRAM = """\
from flask_wtf import FlaskForm
from sqlalchemy.orm import joinedload
from wtforms import StringField


class BookForm(FlaskForm):
    title = StringField()

    def __init__(self, book, **kwargs):
        self.book = book
        super().__init__(**kwargs)

    {validator}
        return {read}


def edit():
    with Session() as session:
        book = session.scalars(select(Book).options({options})).one()
    form = BookForm(book)
    if form.validate_on_submit():
        return "done"
    return "again"
"""


@pytest.mark.parametrize(
    ("validator", "read", "options", "codes"),
    [
        ("def validate_title(self, field):", "self.book.author.name", "", ["DET102"]),
        ("def validate_title(self, field):", "self.book.author.name", "joinedload(Book.author)", []),
        ("def validate_title(self, field):", "field.data", "", []),
        ("def validate(self):", "super().validate() and self.book.author.name", "", ["DET102"]),
    ],
)
def test_validators_run(validator: str, read: str, options: str, codes: list[str]) -> None:
    text = SYNC + _PROGRAM.format(validator=validator, read=read, options=options)
    assert [f.code for f in analyse_sources({"main.py": text}).findings] == codes
