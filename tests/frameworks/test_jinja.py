"""Templates: what they read, at the line where they read it."""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from detachlint.parse.templates import parse_template
from tests.frameworks.agreement import disagreement

HEAD = """
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, PackageLoader, Template
from pathlib import Path
from studio import *

env = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"))
"""

TAIL = """
async def main():
    await fill()
    async with factory() as session:
        bookings = (await session.scalars(select(Booking)OPTIONS)).all()
        booking = bookings[0]
        show(booking, bookings)
"""

PLAIN = """\
def show(booking, bookings):
    env.get_template("page.html").render(booking=booking, bookings=bookings, flag=True, data={"b": booking})
"""

# Each page is run with and without the loader option.
PAGES = {
    "chain": """\
<p>
{{ booking.user.name }}
</p>
""",
    "columns": "{{ booking.spot }} {{ booking.id + 1 }}",
    "property": "{{ booking.user.name|upper }}",
    "item": "{{ data.b.user.name }}{{ data['b'].user['name'] }}",
    "loop": """\
{% for b in bookings %}
{{ loop.index }} {{ b.user.name }}
{% endfor %}
""",
    "loop over a relationship": """\
{% for p in booking.payments %}
{{ p.amount }}
{% else %}none{% endfor %}
""",
    "condition": """\
{% if flag and booking.user %}
x
{% elif booking.payments %}y{% endif %}
""",
    "set": """\
{% set who = booking.user %}
{{ who.name }}
""",
    "with": """\
{% with who = booking.user %}
{{ who.name }}{% endwith %}
""",
    "default": "{{ other|default('x') }}{{ nothing }}",
    "is defined": """\
{% if nobody is defined %}{{ nobody.user.x }}{% endif %}{{ booking.user.name }}
""",
    "map": """\
{{ bookings|map(attribute='user.name')|join(', ') }}
""",
    "sort": """\
{% for b in bookings|sort(attribute='user.name') %}{{ b.id }}{% endfor %}
""",
    "selectattr": "{{ bookings|selectattr('user')|list|length }}",
    "groupby": """\
{% for name, group in bookings|groupby('spot') %}
{{ group[0].user.name }}{% endfor %}
""",
    "groupby attributes": """\
{% for g in bookings|groupby('spot') %}
{{ g.grouper }}{% for b in g.list %}
{{ b.user.name }}{% endfor %}{% endfor %}
""",
    "sum": "{{ booking.payments|sum(attribute='amount') }}",
    "first": "{{ (bookings|first).user.name }}",
    "length": "{{ booking.payments|length }}",
    "join attribute": "{{ booking.payments|join(',', attribute='amount') }}",
    "concatenation": "{{ 'x' ~ booking.user.name }}",
    "conditional expression": "{{ booking.user.name if flag else '' }}",
    "include": """\
{% include 'part.html' %}
# file: templates/part.html

{{ booking.user.name }}
""",
    "include in a loop": """\
{% for b in bookings %}{% include ['no.html', 'part.html'] %}{% endfor %}
# file: templates/part.html
{{ b.user.name }}
""",
    "extends": """\
{% extends 'base.html' %}
{% block body %}
{{ booking.user.name }}
{% endblock %}
# file: templates/base.html
<html>{% block body %}{% endblock %}</html>
""",
    "parent reads": """\
{% extends 'base.html' %}
{% block body %}x{% endblock %}
# file: templates/base.html
<html>
{{ booking.user.name }}{% block body %}{% endblock %}</html>
""",
    "overridden block": """\
{% extends 'base.html' %}
{% block body %}x{% endblock %}
# file: templates/base.html
{% block body %}{{ booking.user.name }}{% endblock %}
""",
    "super": """\
{% extends 'base.html' %}
{% block body %}{{ super() }}{% endblock %}
# file: templates/base.html
<b>
{% block body %}
{{ booking.user.name }}{% endblock %}
""",
    "set in the child": """\
{% extends 'base.html' %}
{% set who = booking %}
{% block body %}
{{ booking.user.name }}{% endblock %}
# file: templates/base.html
{% block body %}{% endblock %}
""",
    "macro": """\
{% macro card(b, big=false) %}
{{ b.user.name }}
{% endmacro %}
{{ card(booking) }}
""",
    "imported macro": """\
{% from 'm.html' import card as c %}
{{ c(booking) }}
# file: templates/m.html
{% macro card(b) %}
{{ b.user.name }}
{% endmacro %}
""",
    "imported module": """\
{% import 'm.html' as m %}
{{ m.card(b=booking) }}
# file: templates/m.html
{% macro card(b) %}
{{ b.user.name }}
{% endmacro %}
""",
    "call block": """\
{% macro box() %}<b>{{ caller() }}</b>{% endmacro %}
{% call box() %}
{{ booking.user.name }}
{% endcall %}
""",
    "filter block": """\
{% filter upper %}
{{ booking.user.name }}
{% endfilter %}
""",
    "model property": "{{ booking.owner }}",
    "index": "{{ bookings[0].user.name }}",
    "slice": "{% for b in bookings[:2] %}{{ b.user.name }}{% endfor %}",
    "same name in two folders": """\
{{ booking.id }}
# file: mail/templates/page.html
{{ booking.user.name }}
""",
}

# name -> (how it is rendered, templates)
PROGRAMS = {
    "dict loader": (
        """\
made = Environment(loader=DictLoader({'a': '{% include "b" %}', 'b': '{{ booking.user.name }}'}))
def show(booking, bookings):
    return made.get_template('a').render({'booking': booking})
""",
        "",
    ),
    "text": (
        """\
def show(booking, bookings):
    return Template('{{ booking.user.name }}').render(booking=booking)
""",
        "",
    ),
    "text of an environment": (
        """\
def show(booking, bookings):
    template = env.from_string('{{ b.user.name }}')
    return template.render(dict(b=booking))
""",
        "",
    ),
    "own filter": (
        """\
def who(b):
    return b.user.name
env.filters['who'] = who

"""
        + PLAIN,
        """\
# file: templates/page.html
{{ booking|who }}
""",
    ),
    "global function": (
        """\
def who(b):
    return b.user.name
env.globals['who'] = who

"""
        + PLAIN,
        """\
# file: templates/page.html
{{ who(booking) }}
""",
    ),
    "caught": (
        """\
def show(booking, bookings):
    try:
        env.get_template('page.html').render(booking=booking)
    except Exception:
        return None
""",
        """\
# file: templates/page.html
{{ booking.user.name }}
""",
    ),
    "keyword splice": (
        """\
def render(name, **context):
    return env.get_template(name).render(**context)
def show(booking, bookings):
    render('page.html', booking=booking)
""",
        """\
# file: templates/page.html
{{ booking.user.name }}
""",
    ),
}

TEMPLATES = {name: (PLAIN, f"# file: templates/page.html\n{page}") for name, page in PAGES.items()} | PROGRAMS


@pytest.mark.parametrize("option", ["", "loaded"], ids=["bare", "loaded"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_template(name: str, option: str) -> None:
    code, templates = TEMPLATES[name]
    option = option and ".options(joinedload(Booking.user), selectinload(Booking.payments))"
    tail = TAIL.replace("OPTIONS", option)
    assert disagreement(f"# file: main.py\n{HEAD}\n{code}\n{tail}\n{templates}\n") == ""


def test_unknown_tags_are_skipped_and_their_bodies_are_not() -> None:
    template = parse_template("{% cache 5 %}{% csrf_token %}{{ a.b }}{% endcache %}")
    assert template is not None
    assert "a" in template.names


def test_what_an_extension_makes_stands_where_the_last_node_did() -> None:
    template = parse_template("<p>\n{{ shown }}\n{% trans name=shown.name() %}by {{ name }}{% endtrans %}")
    assert template is not None
    assert [statement.n for statement in template.body] == [2, 2, 3]


def test_what_is_not_a_template_is_none() -> None:
    assert parse_template("{% if %}") is None
    assert parse_template("{{ a. }}") is None


_WRAPPED = """\
from flask import Flask
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

app = Flask(__name__)
env = Environment(loader=FileSystemLoader("templates"))
session = Session(create_engine("sqlite://"))

class Base(DeclarativeBase):
    pass

class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)

class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()

def page(path, context):
    return env.get_template(path).render(context)
"""

_PAGE = """
@app.get("/{n}")
def page{n}():
    return page("books/{n}.html", {{"books": session.scalars(select(Book)).all(), "n": {n}}})
"""


def test_the_template_of_a_function_that_renders_all_is_told_apart() -> None:
    files = {"main.py": _WRAPPED + "".join(_PAGE.format(n=n) for n in range(15))}
    line = "{% for book in books %}{{ book.author.id }}{% endfor %}\n"
    files |= {f"templates/books/{n}.html": line for n in range(15)}
    found = [f for f in analyse_sources(files).findings if f.code == "DET107"]
    assert {f.path for f in found} == set(files) - {"main.py"}


def test_of_equally_near_folders_the_one_named_like_the_code_has_the_template() -> None:
    files = {"shop_app/main.py": _WRAPPED + _PAGE.format(n=1)}
    line = "{% for book in books %}{{ book.author.id }}{% endfor %}\n"
    files |= {"shop_templates/books/1.html": line, "a_templates/books/1.html": "{{ books }}"}
    found = [f for f in analyse_sources(files).findings if f.code == "DET107"]
    assert [f.path for f in found] == ["shop_templates/books/1.html"]
