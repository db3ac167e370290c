"""A query is written by hand although the project has a helper for it.

## What it does

Reports a query for rows that a function among the project's safe queries
returns, where it loads no more than the helper does. Safe queries are the
functions of a module called `safe_queries`, and those that the option `helpers`
names.

## Why is this bad?

The helper is where the project says once what has to be loaded along. A query
beside it drifts: one more relationship is read, the helper is mended, and the
copy is not.

## Example

```python
async def history(session, user_id):
    query = select(Booking).where(Booking.user_id == user_id)  # fails
    return [booking.id for booking in await session.scalars(query)]
```

## Use instead

```python
async def history(session, user_id):
    return [booking.id for booking in await safe_get_user_bookings(session, user_id)]
```

## Fix safety

Calling the helper is a safe fix where it gives the same objects in the same
order, whatever it loads besides; and an unsafe one where it gives an order to a
query that asks for none. Where the two differ in order, or in what they do
without a row or with several, the call is shown and not written. The query goes,
with the variables and imports that nothing else uses.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.edits import Applicability, Proposal, UseHelper
from detachlint.domain.facts import Agreement, ManualQuery
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown
from detachlint.rules.wording import short

_APPLICABILITY = {
    Agreement.SAME: Applicability.SAFE,
    Agreement.REFINED: Applicability.UNSAFE,
    Agreement.DOUBTFUL: Applicability.DISPLAY,
}


def check(query: ManualQuery, context: RuleContext) -> Iterator[Draft]:
    helper = short(query.helper)
    message = f"`{helper}` already makes this query for `{short(query.entity)}`"
    action = UseHelper(query.site, query.fetch, query.helper, query.session, query.parameters)
    proposal = Proposal(action, _APPLICABILITY[query.agreement], f"call `{helper}`")
    yield Draft(
        query.site,
        message,
        help=f"call it: `{query.call}`",
        entity=short(query.entity),
        proposals=(proposal,),
    )


_MODULES = (
    "# file: database.py\n"
    + studio.ASYNC
    + """\
# file: safe_queries.py
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from database import Booking, Lesson


async def safe_get_user_bookings(session, user_id):
    query = select(Booking).where(Booking.user_id == user_id).options(joinedload(Booking.lesson))
    return (await session.scalars(query)).all()


async def safe_get_lesson(session, lesson_id):
    return await session.get(Lesson, lesson_id, options=[joinedload(Lesson.instructor)])
# file: main.py
from sqlalchemy import select
from database import Booking, Lesson, SessionLocal, fill
from safe_queries import safe_get_lesson, safe_get_user_bookings


"""
)
_HISTORY = _MODULES + studio.async_session("await history(session, 1)")
_TITLE = _MODULES + studio.async_session("await title(session, 1)")

RULE = Rule(
    code="DET301",
    name="manual-query-has-helper",
    doc=__doc__ or "",
    on=(ManualQuery,),
    check=check,
    severity=Severity.INFO,
    examples=(
        Bad(shown(__doc__, "Example"), None, _HISTORY),
        Good(shown(__doc__, "Use instead"), _HISTORY),
        Bad(
            """\
async def title(session, lesson_id):
    lesson = await session.get(Lesson, lesson_id)  # fails
    return lesson.title
""",
            None,
            _TITLE,
        ),
        Good(
            """\
async def title(session, lesson_id):
    lesson = await safe_get_lesson(session, lesson_id)
    return lesson.title
""",
            _TITLE,
        ),
    ),
)
