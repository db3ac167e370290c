"""Schemas: what is read when they are made of entities."""

from __future__ import annotations

from textwrap import indent

import pytest

from tests.frameworks.agreement import disagreement

HEAD = """
from __future__ import annotations
from typing import *
import asyncio
from studio import *
from pydantic import (
    AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, RootModel, Tag,
    TypeAdapter, ValidationError, computed_field, field_serializer, field_validator, model_serializer,
    model_validator,
)

class Orm(BaseModel):
    model_config = ConfigDict(from_attributes=True)
"""

TAIL = """
async def main():
    await fill()
    async with factory() as session:
        query = select(Booking)
        if OPTIONS:
            query = query.options(*OPTIONS)
        booking = (await session.scalars(query)).one()
        use(booking)
"""

# name -> classes, of which `Out` is made of the entity. Each is run with nothing and with everything loaded.
MADE = {
    "scalars": """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    spot: int
""",
    "nested list": """\
class P(Orm):
    amount: int
class Out(Orm):
    payments: list[P]
""",
    "optional": """\
class U(Orm):
    name: str
class Out(Orm):
    user: Optional[U] = None
""",
    "property": """\
class Out(Orm):
    owner: str
""",
    "config of their own": """\
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: U
""",
    "alias": """\
class Out(Orm):
    who: Any = Field(alias='user')
""",
    "alias path": """\
class Out(Orm):
    who: str = Field(validation_alias=AliasPath('user', 'name'))
""",
    "alias choices": """\
class Out(Orm):
    who: Any = Field(validation_alias=AliasChoices('person', 'user'))
""",
    "by name": """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, populate_by_name=True)
    user: Any = Field(alias='userOut')
""",
    "excluded": """\
class Out(Orm):
    user: Any = Field(exclude=True)
""",
    "union in a field": """\
class U(Orm):
    bookings: list[Any]
class V(Orm):
    nothing: int
class Out(Orm):
    user: Union[V, U]
""",
    "discriminated": """\
class Cash(Orm):
    kind: Literal['cash']
    amount: int
class Card(Orm):
    kind: Literal['card']
    digits: str
class Out(Orm):
    payments: list[Annotated[Cash | Card, Field(discriminator='kind')]]
""",
    "discriminated by a function": """\
class Cash(Orm):
    amount: int

class Card(Orm):
    booking: Any

def which(value):
    return "cash"

One = Annotated[Annotated[Cash, Tag("cash")] | Annotated[Card, Tag("card")], Discriminator(which)]

class Out(Orm):
    payments: list[One]
""",
    "before validator": """\
class Out(Orm):
    user: str
    @field_validator('user', mode='before')
    @classmethod
    def name(cls, value):
        return value.name
""",
    "model before gives a dict": """\
class Out(Orm):
    spot: int
    user: Any = None
    @model_validator(mode='before')
    @classmethod
    def pick(cls, data):
        return {'spot': data.spot}
""",
    "model before reads": """\
class Out(Orm):
    who: str
    @model_validator(mode='before')
    @classmethod
    def pick(cls, data):
        return {'who': data.user.name}
""",
    "annotated validator": """\
def names(value):
    return [p.amount for p in value]
class Out(Orm):
    payments: Annotated[list[int], BeforeValidator(names)]
""",
    "after validator": """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)
    user: User
    @field_validator('user')
    @classmethod
    def check(cls, value):
        return value
""",
    "own model_validate": """\
class Out(Orm):
    user: Any
    @classmethod
    def model_validate(cls, obj, **kw):
        return super().model_validate(obj, **kw)
""",
    "cycle": """\
class U(Orm):
    name: str
    bookings: list['Short'] = []
class Short(Orm):
    spot: int
class Out(Orm):
    spot: int
    user: Optional['U'] = None
""",
    "config by class keyword": """\
class Out(BaseModel, from_attributes=True):
    payments: list[Any]
""",
    "wrapping validator": """\
class U(Orm):
    name: str
class Out(Orm):
    user: U
    @field_validator('user', mode='wrap')
    @classmethod
    def around(cls, value, handler):
        return handler(value)
""",
}

# name -> (classes, how the entity is used)
USED = {
    "nested": (
        """\
class U(Orm):
    name: str
class Out(Orm):
    user: U
""",
        """\
out = Out.model_validate(booking)
print(out.user.name)
""",
    ),
    "no attributes": (
        """\
class Out(BaseModel):
    user: Any
""",
        """\
try:
    Out.model_validate(booking)
except ValidationError:
    pass
""",
    ),
    "attributes of the call": (
        """\
class U(BaseModel):
    name: str
class Out(BaseModel):
    user: U
""",
        "Out.model_validate(booking, from_attributes=True)",
    ),
    "generic": (
        """\
T = TypeVar('T')
class U(Orm):
    user: Any
class Page(BaseModel, Generic[T]):
    items: list[T]
""",
        "Page[U](items=[booking])",
    ),
    "generic with defaults": (
        """\
T = TypeVar('T')
class U(Orm):
    owner: str
class Page(Orm, Generic[T]):
    items: list[T]
class UPage(Page[U]):
    total: int = 1
""",
        "UPage.model_validate({'items': [booking]})",
    ),
    "adapter": (
        """\
class Out(Orm):
    payments: list[Any]
adapter = TypeAdapter(list[Out])
""",
        "adapter.validate_python([booking])",
    ),
    "adapter in function": (
        """\
class Out(BaseModel):
    user: Any
""",
        "TypeAdapter(dict[str, Out]).validate_python({'a': booking}, from_attributes=True)",
    ),
    "adapter of a parameter": (
        """\
class Out(Orm):
    user: Any
def many(model, rows):
    return TypeAdapter(list[model]).validate_python(rows)
""",
        "many(Out, [booking])",
    ),
    "root model": (
        """\
class Out(Orm):
    user: Any
class Outs(RootModel[list[Out]]):
    pass
""",
        "Outs.model_validate([booking])",
    ),
    "union, one fits": (
        """\
class A(Orm):
    user: Any
class B(Orm):
    spot: int
""",
        "TypeAdapter(A | B).validate_python(booking)",
    ),
    "entity in a field": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    booking: Booking
    @computed_field
    @property
    def who(self) -> str:
        return self.booking.user.name
""",
        """\
out = Out(booking=booking)
out.model_dump()
""",
    ),
    "not dumped": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    booking: Booking
    @computed_field
    @property
    def who(self) -> str:
        return self.booking.user.name
""",
        """\
out = Out(booking=booking)
out.model_dump(exclude={'who'})
""",
    ),
    "field serialiser": (
        """\
class Out(BaseModel):
    booking: Any
    @field_serializer('booking')
    def plain(self, value, _info):
        return value.user.name
""",
        "Out(booking=booking).model_dump()",
    ),
    "model serialiser": (
        """\
class Out(BaseModel):
    booking: Any
    @model_serializer
    def plain(self):
        return {'n': len(self.booking.payments)}
""",
        "Out(booking=booking).model_dump()",
    ),
    "nested entity in the constructor": (
        """\
class U(Orm):
    user: Any
class Out(BaseModel):
    booking: U
""",
        "Out(booking=booking)",
    ),
    "caught": (
        """\
class Out(Orm):
    user: Any
""",
        """\
try:
    Out.model_validate(booking)
except Exception:
    return None
""",
    ),
    "own class method": (
        """\
class Out(Orm):
    user: Any
    @classmethod
    def of(cls, row):
        return cls.model_validate(row)
class Special(Out):
    pass
""",
        "Special.of(booking)",
    ),
    "mapped over": (
        """\
class Out(Orm):
    user: Any
""",
        "list(map(Out.model_validate, [booking]))",
    ),
    "v1": (
        """\
class Out(BaseModel):
    user: Any
    class Config:
        from_attributes = True
""",
        "Out.from_orm(booking)",
    ),
    "dict of the entity": (
        """\
class Out(BaseModel):
    spot: int
    user: Any = None
""",
        "Out(**booking.__dict__)",
    ),
    "computed over attributes": (
        """\
class U(Orm):
    name: str
class Out(Orm):
    user: U
    @computed_field
    @property
    def loud(self) -> str:
        return self.user.name.upper()
""",
        "Out.model_validate(booking).model_dump()",
    ),
    "own constructor": (
        """\
class Out(BaseModel):
    name: str
    def __init__(self, booking):
        super().__init__(name=booking.user.name)
""",
        "Out(booking)",
    ),
    "row": (
        """\
class Out(Orm):
    name: str
    spot: int
""",
        "Out.model_validate({'name': booking.owner, 'spot': booking.spot})",
    ),
}

SCHEMAS = {name: (classes, "Out.model_validate(booking)") for name, classes in MADE.items()} | USED

LOADED = {
    "nothing": "OPTIONS = ()",
    "all": "OPTIONS = (joinedload(Booking.user).selectinload(User.bookings), selectinload(Booking.payments))",
}


@pytest.mark.parametrize("loaded", LOADED)
@pytest.mark.parametrize("name", SCHEMAS)
def test_schema(name: str, loaded: str) -> None:
    classes, use = SCHEMAS[name]
    used = indent(use, "    ")
    text = f"{HEAD}\n{classes}\n{LOADED[loaded]}\ndef use(booking):\n{used}\n{TAIL}"
    assert disagreement(text) == ""
