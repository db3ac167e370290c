"""A function takes loader options and never applies them.

## What it does

Reports a function with a parameter for loader options that its query does not
get.

## Why is this bad?

The caller passes `options=[joinedload(Booking.user)]` and rightly counts on it.
Nothing is loaded, and the read fails far from the function that forgot.

## Example

```python
class Bookings:
    def __init__(self, session):
        self.session = session

    async def newest(self, limit, options=()):  # fails
        query = select(Booking).order_by(Booking.id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()
```

## Use instead

```python
class Bookings:
    def __init__(self, session):
        self.session = session

    async def newest(self, limit, options=()):
        query = select(Booking).options(*options).order_by(Booking.id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()
```

## Fix safety

Applying the options is safe for callers that pass none. It makes the query of
the others what they asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.facts import StrategyMisuse
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.remedies import apply_options
from detachlint.rules.text import shown
from detachlint.rules.wording import of_misuse


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind == "ignored-options":
        message = f"the loader options in `{misuse.attribute or 'options'}` are never applied to the query"
        remedy = f"apply them: `.options(*{misuse.attribute or 'options'})`"
        yield of_misuse(
            misuse, message, remedy, proposals=(apply_options(misuse.site, misuse.attribute or "options"),)
        )


_NEWEST = studio.ASYNC + studio.async_session("await Bookings(session).newest(5, [joinedload(Booking.user)])")
_FIND = studio.ASYNC + studio.async_session("await find(session, 1, joinedload(Booking.user))")

RULE = Rule(
    code="DET305",
    name="ignored-options-parameter",
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), None, _NEWEST),
        Good(shown(__doc__, "Use instead"), _NEWEST),
        Bad(
            """\
async def find(session, booking_id, *options):  # fails
    return await session.get(Booking, booking_id)
""",
            None,
            _FIND,
        ),
        Good(
            """\
async def find(session, booking_id, *options):
    return await session.get(Booking, booking_id, options=options)
""",
            _FIND,
        ),
    ),
)
