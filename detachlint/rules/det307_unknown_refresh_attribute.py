"""`refresh` or `expire` names an attribute that the class does not have.

## What it does

Reports a name in `session.refresh(obj, [...])` or `session.expire(obj, [...])`
that is no mapped attribute of the object's class.

## Why is this bad?

`refresh` raises a bare `KeyError`. The name was misspelt, or the attribute
renamed, and no type checker looks into the string.

## Example

```python
async def reload(session, user_id):
    user = await session.get(User, user_id)
    await session.refresh(user, ["booking"])  # fails
    return user.name
```

## Use instead

```python
async def reload(session, user_id):
    user = await session.get(User, user_id)
    await session.refresh(user, ["bookings"])
    return user.name
```

## Fix safety

The fix names the one attribute whose name is like the one that was written.
It is unsafe: the author may have meant another. Where several are like it, or
none, there is no fix.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from detachlint.domain.edits import Applicability, NameAttribute, Proposal
from detachlint.domain.facts import StrategyMisuse
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules import studio
from detachlint.rules.text import shown
from detachlint.rules.wording import of_misuse, short


def check(misuse: StrategyMisuse, context: RuleContext) -> Iterator[Draft]:
    if misuse.kind == "unknown-refresh":
        entity = short(misuse.entity)
        message = f"`{entity}` has no mapped attribute `{misuse.attribute}`: this raises KeyError"
        close = _alike(misuse, context)
        remedy = f"did you mean `{close[0]}`?" if close else "name a mapped column or relationship"
        proposals = tuple(
            Proposal(
                NameAttribute(misuse.site, misuse.attribute, name), Applicability.UNSAFE, f"name `{name}`"
            )
            for name in (close if len(close) == 1 else ())
        )
        yield of_misuse(misuse, message, remedy, proposals=proposals)


def _alike(misuse: StrategyMisuse, context: RuleContext) -> list[str]:
    """The attributes with names like the one that was written, the nearest first."""
    entity = context.models.entities.get(misuse.entity)
    return get_close_matches(misuse.attribute, entity.attributes if entity else ())


_RELOAD = studio.ASYNC + studio.async_session("await reload(session, 1)")
_TITLE = studio.SYNC + studio.sync_session("title(session, 1)")

RULE = Rule(
    code="DET307",
    name="unknown-refresh-attribute",
    doc=__doc__ or "",
    on=(StrategyMisuse,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "KeyError", _RELOAD),
        Good(shown(__doc__, "Use instead"), _RELOAD),
        Bad(
            """\
def title(session, lesson_id):
    lesson = session.get(Lesson, lesson_id)
    session.refresh(lesson, attribute_names=["title", "teacher"])  # fails
    return lesson.title
""",
            "KeyError",
            _TITLE,
        ),
        Good(
            """\
def title(session, lesson_id):
    lesson = session.get(Lesson, lesson_id)
    session.refresh(lesson, attribute_names=["title", "instructor"])
    return lesson.title
""",
            _TITLE,
        ),
    ),
)
