"""A response schema or serialiser asks for what the query did not load.

## What it does

Reports a schema that is filled from an object (`model_validate` with
`from_attributes`, a FastAPI `response_model` or return annotation, a
marshmallow dump and the like) and has a field whose relationship or column is
not loaded there. The finding stands at the line that fills the schema, or at
the `return` of the route.

## Why is this bad?

The schema reads every one of its fields, at any depth, and nothing at the place
of the error shows that. Pydantic hides the cause in a `ValidationError` with
the type `get_attribute_error`, FastAPI in a `ResponseValidationError`. A field
that is added to a schema breaks every query that feeds it.

## Example

```python
class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    user: UserOut


async def show(session, booking_id):
    booking = await session.get(Booking, booking_id)
    return BookingOut.model_validate(booking)  # fails
```

## Use instead

```python
class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    user: UserOut


async def show(session, booking_id):
    booking = await session.get(Booking, booking_id, options=[joinedload(Booking.user)])
    return BookingOut.model_validate(booking)
```

Or make the schema flat: `user_id: int` needs no relationship.

## Fix safety

Adding a loader option for the fields of the schema is safe. Changing the schema
is not offered: it is what clients of the API see.
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
        asking = f"the schema field `{read.field}`" if read.field else "the schema"
        message = f"{asking} needs `{attribute(read)}`, which is not loaded: {consequence(read)}"
        yield of_read(read, message, load_at_the_query(read))


_PYDANTIC = "from pydantic import BaseModel, ConfigDict\n"
_FASTAPI = "from fastapi import FastAPI\nfrom fastapi.testclient import TestClient\n"
_SHOW = _PYDANTIC + studio.ASYNC + studio.async_session("await show(session, 1)")
_ROUTE = (
    _FASTAPI
    + _PYDANTIC
    + studio.ASYNC
    + """\
def main():
    asyncio.run(fill())
    TestClient(app).get("/users/1")


class BookingOut(BaseModel):
    id: int
    status: str


class UserOut(BaseModel):
    name: str
    bookings: list[BookingOut]


app = FastAPI()


"""
)

RULE = Rule(
    code="DET108",
    name="schema-needs-unloaded",
    doc=__doc__ or "",
    on=(Read,),
    check=check,
    examples=(
        Bad(shown(__doc__, "Example"), "MissingGreenlet", _SHOW),
        Good(shown(__doc__, "Use instead"), _SHOW),
        Bad(
            """\
@app.get("/users/{user_id}", response_model=UserOut)
async def read_user(user_id: int):
    async with SessionLocal() as session:
        user = await session.get(User, user_id)
    return user  # fails
""",
            "DetachedInstanceError",
            _ROUTE,
        ),
        Good(
            """\
@app.get("/users/{user_id}", response_model=UserOut)
async def read_user(user_id: int):
    async with SessionLocal() as session:
        user = await session.get(User, user_id, options=[selectinload(User.bookings)])
    return user
""",
            _ROUTE,
        ),
    ),
)
