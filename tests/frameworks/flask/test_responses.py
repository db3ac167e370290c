"""Decorators that serialise what a view returns. Most of the libraries are not installed here: the programs
were executed with Flask-RESTful 0.3.10, Flask-RESTX 1.3.2, flask-smorest 0.47 and APIFlask 3.1 under
SQLAlchemy 2.1: four queries where one for each author is expected, else one.
"""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources

_BEGIN = """\
from flask import Flask
from flask.views import MethodView
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, event, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
IMPORTS

app = FLASK
app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://")
app.config.update(API_TITLE="t", API_VERSION="1", OPENAPI_VERSION="3.0.2")
db = SQLAlchemy(app)


class Author(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


VIEW

def main():
    statements = []
    with app.app_context():
        db.create_all()
        db.session.add_all([Book(title=n, author=Author(name=n)) for n in "abc"])
        db.session.commit()
        event.listen(db.engine, "before_cursor_execute", lambda c, cur, text, *rest: statements.append(text))
    answer = app.test_client().get("/books")
    print(answer.json)
    return len(statements)


if __name__ == "__main__":
    print(main())
"""
_RESTFUL = ("from flask_restful import Api, Resource, fields, marshal, marshal_with", "Flask(__name__)")
_RESTX = ("from flask_restx import Api, Namespace, Resource, fields", "Flask(__name__)")
_SMOREST = (
    "from flask_smorest import Api, Blueprint\nfrom marshmallow import Schema, fields",
    "Flask(__name__)",
)
_APIFLASK = (
    "from apiflask import APIBlueprint, APIFlask, Schema\nfrom apiflask import fields",
    "APIFlask(__name__)",
)
_RESTFUL_VIEW = """\
author_fields = {"name": fields.String}
book_fields = {"title": fields.String, "author": fields.Nested(author_fields)}
flat_fields = {"title": fields.String, "by": fields.String(attribute="author.name")}
called_fields = {"title": fields.String, "by": fields.String(attribute=lambda book: book.author.name)}
wrapped_fields = {"title": fields.String, "of": {"author": fields.Nested(author_fields)}}
plain_fields = {"title": fields.String, "key": fields.Integer(attribute="id")}


class Books(Resource):
    DECORATED
    def get(self):
        books = db.session.scalars(select(Book)OPTIONS).all()
        return RETURNED  # here


api = Api(app)
api.add_resource(Books, "/books")
"""
_RESTX_VIEW = """\
api = Api(app)
ns = Namespace("books", path="/")
author_model = ns.model("Author", {"name": fields.String})
book_model = ns.model("Book", {"title": fields.String, "author": fields.Nested(author_model)})
page_model = ns.model("Page", {"items": fields.List(fields.Nested(book_model))})
titled_model = ns.model("Titled", {"title": fields.String})
child_model = ns.inherit("Child", titled_model, {"author": fields.Nested(author_model)})


@ns.route("/books")
class Books(Resource):
    DECORATED
    def get(self):
        books = db.session.scalars(select(Book)OPTIONS).all()
        return RETURNED  # here


api.add_namespace(ns)
"""
_SCHEMAS = """\
class AuthorSchema(Schema):
    name = fields.String()


class BookSchema(Schema):
    title = fields.String()
    author = fields.Nested(AuthorSchema)


class TitleSchema(Schema):
    title = fields.String()


"""
_SMOREST_VIEW = (
    _SCHEMAS
    + """\
blp = Blueprint("books", "books")


@blp.route("/books")
class Books(MethodView):
    DECORATED
    def get(self):
        books = db.session.scalars(select(Book)OPTIONS).all()
        return RETURNED  # here


Api(app).register_blueprint(blp)
"""
)
_APIFLASK_VIEW = (
    _SCHEMAS
    + """\
@app.get("/books")
DECORATED
def books():
    books = db.session.scalars(select(Book)OPTIONS).all()
    return RETURNED  # here

"""
)
_RESTFUL_APP = (*_RESTFUL, _RESTFUL_VIEW)
_RESTX_APP = (*_RESTX, _RESTX_VIEW)
_SMOREST_APP = (*_SMOREST, _SMOREST_VIEW)
_APIFLASK_APP = (*_APIFLASK, _APIFLASK_VIEW)

# The library, the decorator, what is returned.
_READ = [
    (_RESTFUL_APP, "@marshal_with(book_fields)", "books"),
    (_RESTFUL_APP, "@marshal_with(book_fields)", "books, 200"),
    (_RESTFUL_APP, "@marshal_with(book_fields, envelope='data')", "books"),
    (_RESTFUL_APP, "@marshal_with(flat_fields)", "books"),
    (_RESTFUL_APP, "@marshal_with(wrapped_fields)", "books"),
    (_RESTFUL_APP, "", "marshal(books, book_fields)"),
    (_RESTFUL_APP, "", "[marshal(book, book_fields) for book in books]"),
    (_RESTX_APP, "@ns.marshal_list_with(book_model)", "books"),
    (_RESTX_APP, "@api.marshal_with(book_model, as_list=True)", "books"),
    (_RESTX_APP, "@ns.marshal_with(page_model)", "{'items': books}"),
    (_RESTX_APP, "@ns.marshal_with(child_model)", "books"),
    (_RESTX_APP, "", "ns.marshal(books, book_model)"),
    (_SMOREST_APP, "@blp.response(200, BookSchema(many=True))", "books"),
    (_APIFLASK_APP, "@app.output(BookSchema(many=True))", "books"),
]
_UNREAD = [
    (_RESTFUL_APP, "@marshal_with(plain_fields)", "books"),
    (_RESTX_APP, "@ns.marshal_list_with(titled_model)", "books"),
    (_SMOREST_APP, "@blp.response(200, TitleSchema(many=True))", "books"),
    (_APIFLASK_APP, "@app.output(TitleSchema(many=True))", "books"),
]


def program(application: tuple[str, str, str], decorator: str, returned: str, options: str = "") -> str:
    imports, flask, view = application
    view = view.replace("DECORATED", decorator).replace("RETURNED", returned).replace("OPTIONS", options)
    return _BEGIN.replace("IMPORTS", imports).replace("FLASK", flask).replace("VIEW", view)


def _reported(text: str) -> list[tuple[str, int]]:
    return [(f.code, f.line) for f in analyse_sources({"main.py": text}).findings]


@pytest.mark.parametrize(("application", "decorator", "returned"), _READ)
def test_the_response_reads_a_relationship_of_each_object(
    application: tuple[str, str, str], decorator: str, returned: str
) -> None:
    text = program(application, decorator, returned)
    line = text[: text.index("# here")].count("\n") + 1
    assert _reported(text) == [("DET107", line)]
    assert _reported(program(application, decorator, returned, ".options(joinedload(Book.author))")) == []


@pytest.mark.parametrize(("application", "decorator", "returned"), _UNREAD)
def test_the_response_reads_columns_only(
    application: tuple[str, str, str], decorator: str, returned: str
) -> None:
    assert _reported(program(application, decorator, returned)) == []


def test_an_attribute_that_is_a_function_is_called() -> None:
    text = program(_RESTFUL_APP, "@marshal_with(called_fields)", "books")
    line = text[: text.index("book.author.name")].count("\n") + 1
    assert _reported(text) == [("DET107", line)]


def test_a_field_of_the_program_formats_what_it_is_given() -> None:
    view = _RESTFUL_VIEW.replace(
        "author_fields =",
        "class Name(fields.Raw):\n    def format(self, author):\n        return author.books[0].title\n\n\n"
        'own_fields = {"title": fields.String, "author": Name(attribute="author")}\nauthor_fields =',
    )
    text = program((*_RESTFUL, view), "@marshal_with(own_fields)", "books")
    lines = text.split("\n")
    found = [(code, lines[line - 1].strip()) for code, line in _reported(text)]
    assert found == [
        ("DET107", "return author.books[0].title"),
        ("DET107", "return books  # here"),
    ]
