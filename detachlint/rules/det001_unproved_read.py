"""Nothing proves that this relationship is loaded here (`--strict` only).

## What it does

With `--strict`, reports each read of a relationship that is not proved to be
loaded: the object comes from code that is not analysed, from a parameter of a
function that nobody calls, or from a session that may or may not hold the
target. A read of which it is not even known whether it is one, of an object that
nothing is known of or in code that nothing reaches, is reported too. Without
`--strict` it reports nothing.

## Why is this bad?

It need not be. By default detachlint reports what it can show to fail;
`--strict` turns the question round, so a clean strict run is a proof that no
relationship is read unloaded, as far as [DET002](DET002.md) is clean too.

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

from detachlint.domain.facts import Read, UnresolvedRead
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.classify import classify
from detachlint.rules.text import shown
from detachlint.rules.wording import attribute, of_read

_NO_REASON = "it may or may not be loaded"


def check(read: Read | UnresolvedRead, context: RuleContext) -> Iterator[Draft]:
    # It may well be loaded: no error is claimed.
    if isinstance(read, UnresolvedRead):
        yield Draft(
            read.site,
            f"nothing proves what `.{read.attribute}` is read of here: {read.reason}",
            help="annotate what it is read of, or let analysed code call this",
            relationship=read.attribute,
            reason=read.reason,
        )
    elif classify(read, context) == RULE.code:
        why = f": {read.reason}" if read.reason else ""
        message = f"nothing proves that `{attribute(read)}` is loaded here{why}"
        draft = of_read(read, message, "load it in analysed code, or guard the read")
        yield replace(draft, error=None, reason=read.reason or _NO_REASON)


_UNUSED = studio.ASYNC + studio.async_main("pass")

RULE = Rule(
    code="DET001",
    name="unproved-read",
    doc=__doc__ or "",
    on=(Read, UnresolvedRead),
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
