"""A query loads a relationship that nothing reads.

## What it does

Reports a loader option whose relationship is read nowhere on the objects that
the query returns. The rule is opt-in: what happens outside the analysed code
cannot be seen.

## Why is this bad?

Each option costs a join or a query, memory and time. They pile up as code
changes, since nobody dares to take one away.

## Example

```python
async def names(session):
    query = select(User).options(selectinload(User.bookings))  # fails
    return [user.name for user in await session.scalars(query)]
```

## Use instead

```python
async def names(session):
    return [user.name for user in await session.scalars(select(User))]
```

## Fix safety

Removing an option is an unsafe fix: code that is not analysed may read the
relationship.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown
from detachlint.rules.wording import named, of_misuse


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind == "unused-eager-load":
        message = f"`{named(misuse)}` is loaded here and read nowhere"
        yield of_misuse(misuse, message, "take the option away")


_NAMES = studio.ASYNC + studio.async_session("await names(session)")
_TITLE = studio.ASYNC + studio.async_session("await title(session, 1)")

RULE = Rule(
    code="DET303",
    name="unused-eager-load",
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    severity=Severity.INFO,
    default=False,
    examples=(
        Bad(shown(__doc__, "Example"), None, _NAMES),
        Good(shown(__doc__, "Use instead"), _NAMES),
        Bad(
            """\
async def title(session, lesson_id):
    lesson = await session.get(Lesson, lesson_id, options=[joinedload(Lesson.instructor)])  # fails
    return lesson.title
""",
            None,
            _TITLE,
        ),
        Good(
            """\
async def title(session, lesson_id):
    lesson = await session.get(Lesson, lesson_id, options=[joinedload(Lesson.instructor)])
    return f"{lesson.title} with {lesson.instructor.name}"
""",
            _TITLE,
        ),
    ),
)
