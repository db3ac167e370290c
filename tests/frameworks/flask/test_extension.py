"""Extensions of a class that the program derives from Flask-SQLAlchemy's: what they have of their own."""

import pytest

from detachlint.api import analyse_sources

_EXTENSION = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy


def name_of(book):
    return book.author.name


def title_of(book):
    return book.title


class Database(SQLAlchemy):
    def __init__(self):
        super().__init__()
        self.shown = name_of

    def show(self, book):
        return name_of(book)

    def title(self, book):
        return title_of(book)


db = Database()


class Author(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(80))
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author")


app = Flask("shop")


@app.get("/")
def names():
    return [db.{method}(book) for book in db.session.query(Book)]
"""


@pytest.mark.parametrize(
    ("method", "codes"), [("show", ["DET107"]), ("shown", ["DET107"]), ("title", []), ("relationship", [])]
)
def test_what_the_class_defines_and_sets_goes_before_sqlalchemy(method: str, codes: list[str]) -> None:
    found = analyse_sources({"app.py": _EXTENSION.format(method=method)}).findings
    assert [f.code for f in found] == codes
