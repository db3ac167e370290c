"""Nothing proves that this relationship is loaded here (`--strict` only).

## What it does

With `--strict`, reports each read of a relationship that is not proved to be
loaded: the object comes from code that is not analysed, from a parameter of a
function that nobody calls, or from a session that may or may not hold the
target. Without `--strict` it reports nothing.

## Why is this bad?

It need not be. By default detachlint reports what it can show to fail;
`--strict` turns the question round, so a clean strict run is a proof that no
relationship is read unloaded.

## Example

```python
def label(booking: Booking) -> str:
    return f"{booking.id} {booking.user.name}"  # fails
```

## Use instead

```python
async def label(booking: Booking) -> str:
    user = await booking.awaitable_attrs.user
    return f"{booking.id} {user.name}"
```

Or load the object in analysed code, take plain values as parameters, or look at
`inspect(booking).unloaded` first.

## Fix safety

There is no fix: where the object comes from is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from detachlint.domain.facts import Read
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown, summary
from detachlint.rules.wording import attribute, of_read


def check(read: Read, context: RuleContext) -> Iterator[Draft]:
    if classify(read, context) == RULE.code:
        why = f": {read.reason}" if read.reason else ""
        message = f"nothing proves that `{attribute(read)}` is loaded here{why}"
        # It may well be loaded: no error is claimed.
        yield replace(of_read(read, message, "load it in analysed code, or guard the read"), error=None)


_UNUSED = studio.ASYNC + studio.async_main("pass")

RULE = Rule(
    code="DET001",
    name="unproved-read",
    summary=summary(__doc__),
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), None, _UNUSED),
        Good(shown(__doc__, "Use instead"), _UNUSED),
        Bad(
            """\
def names(bookings: list[Booking]) -> list[str]:
    return [booking.user.name for booking in bookings]  # fails
""",
            None,
            _UNUSED,
        ),
        Good(
            """\
def names(bookings: list[Booking]) -> list[int]:
    return [booking.user_id for booking in bookings]
""",
            _UNUSED,
        ),
    ),
)
