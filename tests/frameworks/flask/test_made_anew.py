"""Applications that functions make: their views run once for what they capture, however often that is."""

from detachlint.api import analyse_sources

_APPLICATION = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Author(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author")


def create_app(debug):
    app = Flask("shop")
    if debug:
        app.debug = True

    @app.get("/")
    def names():
        return [app.config["PREFIX"] + book.author.name for book in Book.query.all()]

    return app
"""
_TEST = """
def test_number_{number}():
    with create_app({number}).test_client() as client:
        assert client.get("/").status_code == {number}
"""


def test_one_situation_is_one_entry_point() -> None:
    def entry_points(tests: int) -> float:
        text = _APPLICATION + "".join(_TEST.format(number=number) for number in range(tests))
        report = analyse_sources({"app.py": text})
        assert [f.code for f in report.findings] == ["DET107"]
        return report.statistics["entry points"]

    assert entry_points(6) - entry_points(2) == 4  # the tests themselves
