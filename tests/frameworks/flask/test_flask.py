"""Application contexts, responses that are streamed, the shortcuts of Flask-SQLAlchemy, the current user."""

import pytest

from detachlint.api import analyse_sources
from detachlint.testing import Program
from tests.frameworks.marked_programs import check_findings, check_run

_APP = """\
from flask import Flask, Response, jsonify, stream_with_context
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Author(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))
    books = db.relationship("Book", back_populates="author")


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(80))
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", back_populates="books")


app = Flask("shop")
app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", TESTING=True)
db.init_app(app)


def fill():
    with app.app_context():
        db.create_all()
        db.session.add(Author(name="Austen", books=[Book(title="Emma"), Book(title="Persuasion")]))
        db.session.commit()


"""

RUN = {
    "context has ended": _APP
    + """\
def main():
    fill()
    with app.app_context():
        book = db.session.get(Book, 1)
    print(book.author.name)  # fails: DetachedInstanceError
""",
    "context has ended, in a function": _APP
    + """\
def find():
    with app.app_context():
        return Book.query.first()


def main():
    fill()
    print(find().author.name)  # fails: DetachedInstanceError
""",
    "context is open": _APP
    + """\
def main():
    fill()
    with app.app_context():
        book = db.session.get(Book, 1)
        print(book.author.name)
""",
    "context around an ended one": _APP
    + """\
def count():
    with app.app_context():
        return len(Author.query.all())


def main():
    fill()
    with app.app_context():
        book = db.session.get(Book, 1)
        print(count())
        print(book.author.name)
""",
    "commit in an inner context": _APP
    + """\
def main():
    fill()
    with app.app_context():
        book = db.session.get(Book, 1)
        with app.app_context():
            db.session.add(Author(name="Eliot"))
            db.session.commit()
            other = db.session.get(Author, 2)
        print(book.author.name)
        print(other.books)  # fails: DetachedInstanceError
""",
    "request context of its own": _APP
    + """\
def main():
    fill()
    with app.test_request_context("/"):
        book = db.session.get(Book, 1)
    print(book.author.name)  # fails: DetachedInstanceError
""",
    "request context in an application context": _APP
    + """\
def main():
    fill()
    with app.app_context():
        with app.test_request_context("/"):
            book = db.session.get(Book, 1)
        print(book.author.name)
""",
    "streamed response": _APP
    + """\
def lines(books):
    for book in books:
        yield book.author.name  # fails: DetachedInstanceError


@app.get("/")
def export():
    return Response(lines(Book.query.all()))


def main():
    fill()
    app.test_client().get("/")
""",
    "streamed with the context": _APP
    + """\
def lines(books):
    for book in books:
        yield book.author.name  # fails: DetachedInstanceError


@app.get("/")
def export():
    return Response(stream_with_context(lines(Book.query.all())))


def main():
    fill()
    app.test_client().get("/")
""",
    "streamed from a query of its own": _APP
    + """\
def lines():
    for book in Book.query.limit(1):
        yield book.author.name


@app.get("/")
def export():
    return app.response_class(stream_with_context(lines()))


def main():
    fill()
    assert app.test_client().get("/").data == b"Austen"
""",
    "shortcut that finds one": _APP
    + """\
def main():
    fill()
    with app.app_context():
        book = db.get_or_404(Book, 1)
        author = db.first_or_404(db.select(Author))
    print(book.title, author.name)
    print(author.books)  # fails: DetachedInstanceError
""",
    "shortcut with an option": _APP
    + """\
from sqlalchemy.orm import joinedload


def main():
    fill()
    with app.app_context():
        book = db.one_or_404(db.select(Book).where(Book.id == 1).options(joinedload(Book.author)))
    print(book.author.name)
""",
}


@pytest.mark.parametrize("text", RUN.values(), ids=RUN)
def test_sqlalchemy_does_what_is_marked(text: str) -> None:
    check_run(text)


@pytest.mark.parametrize("text", RUN.values(), ids=RUN)
def test_analyser_agrees(text: str) -> None:
    check_findings(text)


def _lazy_loops(text: str) -> list[str]:
    """The lines on which a loop loads row by row."""
    program = Program.parse(text)
    findings = analyse_sources(program.files).findings
    return [program.files[f.path].splitlines()[f.line - 1].strip() for f in findings if f.code == "DET107"]


_LOGIN = (
    "from flask_login import LoginManager, UserMixin, current_user\n"
    + _APP
    + """\
login = LoginManager(app)


@login.user_loader
def load_user(key):
    return db.session.get(Author, int(key))


"""
)


def test_the_current_user_is_what_the_loader_finds() -> None:
    text = (
        _LOGIN
        + """\
class Review(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    book_id = db.Column(db.ForeignKey("book.id"))
    book = db.relationship("Book", backref="reviews")


@app.get("/mine")
def mine():
    return jsonify([len(book.reviews) for book in current_user.books])
"""
    )
    assert _lazy_loops(text) == ["return jsonify([len(book.reviews) for book in current_user.books])"]


def test_pages_are_read_row_by_row() -> None:
    text = (
        _APP
        + """\
@app.get("/books")
def listed():
    page = db.paginate(db.select(Book))
    return jsonify([book.author.name for book in page.items])
"""
    )
    assert _lazy_loops(text) == ["return jsonify([book.author.name for book in page.items])"]


def test_a_thread_outlives_the_request() -> None:
    finding = check_findings(
        "from threading import Thread\n"
        + _APP
        + """\
def send(book):
    print(book.author.name)  # fails: DetachedInstanceError


@app.post("/books/<int:key>/mail")
def mail(key):
    Thread(target=send, args=(db.session.get(Book, key),)).start()
    return "sent"
"""
    )
    assert finding is not None
    assert finding.code == "DET110"


def test_view_that_may_be_one_of_several() -> None:
    text = (
        _APP
        + """\
import os


def make_view(read):
    def view():
        return [read(book) for book in Book.query]

    return view


views = {
    "titles": make_view(lambda book: book.title),
    "names": make_view(lambda book: book.author.name),
}
app.add_url_rule("/", "books", views[os.environ["VIEW"]])
"""
    )
    assert [(f.code, f.chain) for f in analyse_sources({"app.py": text}).findings] == [
        ("DET107", "book.author.name")
    ]
