"""Pyramid's views and their renderers.

It is not installed here: the programs were executed with Pyramid 2.1 and pyramid_jinja2 2.10.1, where each of
the routes of ``FAULTS`` queries once for each row, and no other one.
"""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources

_MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books = relationship("Book", back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")

    def __json__(self, request):
        return {"title": self.title, "author": self.author.name}
"""
_VIEWS = """\
from pyramid.view import view_config, view_defaults
from sqlalchemy.orm import joinedload

from shop.models import Author, Book


@view_config(route_name="listed", renderer="shop:templates/books.html.jinja2")
def listed(request):
    return {"books": request.db.query(Book).all()}


@view_config(route_name="listed_joined", renderer="shop:templates/books.html.jinja2")
def listed_joined(request):
    return {"books": request.db.query(Book).options(joinedload(Book.author)).all()}


@view_config(route_name="written", renderer="json")
def written(request):
    return {"books": request.db.query(Book).all()}


@view_config(route_name="written_joined", renderer="json")
def written_joined(request):
    return {"books": request.db.query(Book).options(joinedload(Book.author)).all()}


@view_config(route_name="text", renderer="string")
def text(request):
    return request.db.query(Book).all()


@view_defaults(renderer="shop:templates/authors.html.jinja2")
class Authors:
    def __init__(self, request):
        self.request = request

    @view_config(route_name="authors")
    def authors(self):
        return {"authors": self.request.db.query(Author).all()}

    @view_config(route_name="both", renderer="json")
    @view_config(route_name="none", renderer="shop:templates/books.html.jinja2")
    def titles(self):
        return {"books": [{"author": {"name": name}} for (name,) in self.request.db.query(Author.name)]}
"""
FILES = {
    "shop/__init__.py": "",
    "shop/models.py": _MODELS,
    "shop/views.py": _VIEWS,
    "shop/templates/page.html.jinja2": "<html>\n{% block body %}{% endblock %}</html>",
    "shop/templates/books.html.jinja2": (
        '{% extends "shop:templates/page.html.jinja2" %}\n{% block body %}{% for book in books %}\n'
        "{{ book.author.name }}{% endfor %}{% endblock %}"
    ),
    "shop/templates/authors.html.jinja2": "{% for each in authors %}\n{{ each.books|length }}{% endfor %}",
}
ROUTES = ("listed", "listed_joined", "written", "written_joined", "text", "authors", "both", "none")
# Route -> the place of the queries.
FAULTS = {
    "listed": ("shop/templates/books.html.jinja2", 3),
    "written": ("shop/models.py", 24),
    "authors": ("shop/templates/authors.html.jinja2", 2),
}
# ---- programs end


def _found(files: dict[str, str]) -> list[tuple[str, str | None, int | None]]:
    return [(f.code, f.path, f.line) for f in analyse_sources(files).findings]


def test_renderers_read_what_views_return() -> None:
    assert _found(FILES) == sorted(("DET107", path, line) for path, line in FAULTS.values())


@pytest.mark.parametrize("route", ["listed", "written"])
def test_a_view_that_loads_what_is_rendered_is_clean(route: str) -> None:
    faulty = f'def {route}(request):\n    return {{"books": request.db.query(Book).all()}}'
    assert faulty in _VIEWS
    mended = _VIEWS.replace(faulty, faulty.replace(".all()", ".options(joinedload(Book.author)).all()"))
    found = [(path, line) for _, path, line in _found({**FILES, "shop/views.py": mended})]
    assert FAULTS[route] not in found
    assert len(found) == len(FAULTS) - 1
