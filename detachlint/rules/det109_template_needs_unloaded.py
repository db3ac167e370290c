"""A template asks for what the query did not load.

## What it does

Reports an expression in a Jinja template that reads a relationship or column
which is not loaded where the template is rendered. The finding stands at the
line of the template.

## Why is this bad?

The route hands an object to the template, and the template reads whatever its
author needed. Under asyncio the rendering raises `MissingGreenlet`; where the
session is closed before the page is rendered, `DetachedInstanceError`.

## Example

```python
# file: main.py
async def page(session):
    bookings = (await session.scalars(select(Booking))).all()
    return templates.get_template("bookings.html").render(bookings=bookings)
# file: templates/bookings.html
{% for booking in bookings %}
<li>{{ booking.user.name }}</li>  {# fails #}
{% endfor %}
```

## Use instead

```python
# file: main.py
async def page(session):
    bookings = (await session.scalars(select(Booking).options(joinedload(Booking.user)))).all()
    return templates.get_template("bookings.html").render(bookings=bookings)
# file: templates/bookings.html
{% for booking in bookings %}
<li>{{ booking.user.name }}</li>
{% endfor %}
```

## Fix safety

Adding a loader option at the query is safe.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import Read
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, consequence, load_at_the_query, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        message = f"the template needs `{attribute(read)}`, which is not loaded: {consequence(read)}"
        yield of_read(read, message, load_at_the_query(read))


_JINJA = (
    "# file: database.py\n"
    + studio.ASYNC
    + """\
# file: main.py
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from database import Booking, Lesson, SessionLocal, fill

templates = Environment(loader=FileSystemLoader("templates"))


"""
)
_PAGE = _JINJA + studio.async_session("await page(session)")
_CLOSED = _JINJA + studio.async_main("await page(1)")

RULE = Rule(
    code="DET109",
    name="template-needs-unloaded",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example").removeprefix("# file: main.py\n"), "MissingGreenlet", _PAGE),
        Good(shown(__doc__, "Use instead").removeprefix("# file: main.py\n"), _PAGE),
        Bad(
            """\
async def page(lesson_id):
    async with SessionLocal() as session:
        lesson = await session.get(Lesson, lesson_id)
    return templates.get_template("lesson.html").render(lesson=lesson)
# file: templates/lesson.html
<h1>{{ lesson.title }}</h1>
<p>{{ lesson.bookings|length }} are coming</p>  {# fails #}
""",
            "DetachedInstanceError",
            _CLOSED,
        ),
        Good(
            """\
async def page(lesson_id):
    async with SessionLocal() as session:
        lesson = await session.get(Lesson, lesson_id, options=[selectinload(Lesson.bookings)])
    return templates.get_template("lesson.html").render(lesson=lesson)
# file: templates/lesson.html
<h1>{{ lesson.title }}</h1>
<p>{{ lesson.bookings|length }} are coming</p>
""",
            _CLOSED,
        ),
    ),
)
