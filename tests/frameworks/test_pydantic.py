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

# name -> (classes, how the entity is used). Each is run with nothing loaded and with everything loaded.
SCHEMAS = {
    "scalars": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    spot: int
""",
        "Out.model_validate(booking)",
    ),
    "nested": (
        """\
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: U
""",
        """\
out = Out.model_validate(booking)
print(out.user.name)
""",
    ),
    "nested list": (
        """\
class P(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    amount: int
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    payments: list[P]
""",
        "Out.model_validate(booking)",
    ),
    "optional": (
        """\
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Optional[U] = None
""",
        "Out.model_validate(booking)",
    ),
    "property": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    owner: str
""",
        "Out.model_validate(booking)",
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
    "inherited config": (
        """\
class Orm(BaseModel):
    model_config = ConfigDict(from_attributes=True)
class U(Orm):
    name: str
class Out(Orm):
    user: U
""",
        "Out.model_validate(booking)",
    ),
    "alias": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    who: Any = Field(alias='user')
""",
        "Out.model_validate(booking)",
    ),
    "alias path": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    who: str = Field(validation_alias=AliasPath('user', 'name'))
""",
        "Out.model_validate(booking)",
    ),
    "alias choices": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    who: Any = Field(validation_alias=AliasChoices('person', 'user'))
""",
        "Out.model_validate(booking)",
    ),
    "by name": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, populate_by_name=True)
    user: Any = Field(alias='userOut')
""",
        "Out.model_validate(booking)",
    ),
    "excluded": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Any = Field(exclude=True)
""",
        "Out.model_validate(booking)",
    ),
    "generic": (
        """\
T = TypeVar('T')
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Any
class Page(BaseModel, Generic[T]):
    items: list[T]
""",
        "Page[U](items=[booking])",
    ),
    "generic with defaults": (
        """\
T = TypeVar('T')
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    owner: str
class Page(BaseModel, Generic[T]):
    model_config = ConfigDict(from_attributes=True)
    items: list[T]
class UPage(Page[U]):
    total: int = 1
""",
        "UPage.model_validate({'items': [booking]})",
    ),
    "adapter": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
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
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Any
def many(model, rows):
    return TypeAdapter(list[model]).validate_python(rows)
""",
        "many(Out, [booking])",
    ),
    "root model": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Any
class Outs(RootModel[list[Out]]):
    pass
""",
        "Outs.model_validate([booking])",
    ),
    "union, one fits": (
        """\
class A(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Any
class B(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    spot: int
""",
        "TypeAdapter(A | B).validate_python(booking)",
    ),
    "union in a field": (
        """\
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    bookings: list[Any]
class V(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    nothing: int
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Union[V, U]
""",
        "Out.model_validate(booking)",
    ),
    "discriminated": (
        """\
class Cash(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    kind: Literal['cash']
    amount: int
class Card(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    kind: Literal['card']
    digits: str
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    payments: list[Annotated[Cash | Card, Field(discriminator='kind')]]
""",
        "Out.model_validate(booking)",
    ),
    "discriminated by a function": (
        """\
class Cash(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    amount: int

class Card(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    booking: Any

def which(value):
    return "cash"

One = Annotated[Annotated[Cash, Tag("cash")] | Annotated[Card, Tag("card")], Discriminator(which)]

class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    payments: list[One]
""",
        "Out.model_validate(booking)",
    ),
    "before validator": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: str
    @field_validator('user', mode='before')
    @classmethod
    def name(cls, value):
        return value.name
""",
        "Out.model_validate(booking)",
    ),
    "model before gives a dict": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    spot: int
    user: Any = None
    @model_validator(mode='before')
    @classmethod
    def pick(cls, data):
        return {'spot': data.spot}
""",
        "Out.model_validate(booking)",
    ),
    "model before reads": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    who: str
    @model_validator(mode='before')
    @classmethod
    def pick(cls, data):
        return {'who': data.user.name}
""",
        "Out.model_validate(booking)",
    ),
    "annotated validator": (
        """\
def names(value):
    return [p.amount for p in value]
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    payments: Annotated[list[int], BeforeValidator(names)]
""",
        "Out.model_validate(booking)",
    ),
    "after validator": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)
    user: User
    @field_validator('user')
    @classmethod
    def check(cls, value):
        return value
""",
        "Out.model_validate(booking)",
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
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Any
class Out(BaseModel):
    booking: U
""",
        "Out(booking=booking)",
    ),
    "caught": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
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
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Any
    @classmethod
    def of(cls, row):
        return cls.model_validate(row)
class Special(Out):
    pass
""",
        "Special.of(booking)",
    ),
    "own model_validate": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: Any
    @classmethod
    def model_validate(cls, obj, **kw):
        return super().model_validate(obj, **kw)
""",
        "Out.model_validate(booking)",
    ),
    "mapped over": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
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
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: U
    @computed_field
    @property
    def loud(self) -> str:
        return self.user.name.upper()
""",
        "Out.model_validate(booking).model_dump()",
    ),
    "cycle": (
        """\
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    bookings: list['Short'] = []
class Short(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    spot: int
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    spot: int
    user: Optional['U'] = None
""",
        "Out.model_validate(booking)",
    ),
    "config by class keyword": (
        """\
class Out(BaseModel, from_attributes=True):
    payments: list[Any]
""",
        "Out.model_validate(booking)",
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
    "wrapping validator": (
        """\
class U(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    user: U
    @field_validator('user', mode='wrap')
    @classmethod
    def around(cls, value, handler):
        return handler(value)
""",
        "Out.model_validate(booking)",
    ),
    "row": (
        """\
class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    spot: int
""",
        "Out.model_validate({'name': booking.owner, 'spot': booking.spot})",
    ),
}

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
