"""Schemas: what is read when they are made of entities."""

from __future__ import annotations

import pytest

from tests.frameworks.agreement import disagreement

HEAD = """
from __future__ import annotations
from typing import *
import asyncio
from studio import *
from pydantic import (AfterValidator, AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field,
    RootModel, Tag, TypeAdapter, ValidationError, computed_field, field_serializer, field_validator, model_serializer,
    model_validator)
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

ORM = "model_config = ConfigDict(from_attributes=True)"

# name -> (classes, how the entity is used). Each is run with nothing loaded and with everything loaded.
SCHEMAS = {
    "scalars": (f"class Out(BaseModel):\n    {ORM}\n    id: int\n    spot: int", "Out.model_validate(booking)"),
    "nested": (
        f"class U(BaseModel):\n    {ORM}\n    name: str\nclass Out(BaseModel):\n    {ORM}\n    user: U",
        "out = Out.model_validate(booking)\n    print(out.user.name)",
    ),
    "nested list": (
        f"class P(BaseModel):\n    {ORM}\n    amount: int\nclass Out(BaseModel):\n    {ORM}\n    payments: list[P]",
        "Out.model_validate(booking)",
    ),
    "optional": (
        f"class U(BaseModel):\n    {ORM}\n    name: str\nclass Out(BaseModel):\n    {ORM}\n    user: Optional[U] = None",
        "Out.model_validate(booking)",
    ),
    "property": (f"class Out(BaseModel):\n    {ORM}\n    owner: str", "Out.model_validate(booking)"),
    "no attributes": (
        "class Out(BaseModel):\n    user: Any",
        "try:\n        Out.model_validate(booking)\n    except ValidationError:\n        pass",
    ),
    "attributes of the call": (
        "class U(BaseModel):\n    name: str\nclass Out(BaseModel):\n    user: U",
        "Out.model_validate(booking, from_attributes=True)",
    ),
    "inherited config": (
        f"class Orm(BaseModel):\n    {ORM}\nclass U(Orm):\n    name: str\nclass Out(Orm):\n    user: U",
        "Out.model_validate(booking)",
    ),
    "alias": (
        f"class Out(BaseModel):\n    {ORM}\n    who: Any = Field(alias='user')",
        "Out.model_validate(booking)",
    ),
    "alias path": (
        f"class Out(BaseModel):\n    {ORM}\n    who: str = Field(validation_alias=AliasPath('user', 'name'))",
        "Out.model_validate(booking)",
    ),
    "alias choices": (
        f"class Out(BaseModel):\n    {ORM}\n    who: Any = Field(validation_alias=AliasChoices('person', 'user'))",
        "Out.model_validate(booking)",
    ),
    "by name": (
        "class Out(BaseModel):\n    model_config = ConfigDict(from_attributes=True, populate_by_name=True)\n"
        "    user: Any = Field(alias='userOut')",
        "Out.model_validate(booking)",
    ),
    "excluded": (
        f"class Out(BaseModel):\n    {ORM}\n    user: Any = Field(exclude=True)",
        "Out.model_validate(booking)",
    ),
    "generic": (
        f"T = TypeVar('T')\nclass U(BaseModel):\n    {ORM}\n    user: Any\n"
        "class Page(BaseModel, Generic[T]):\n    items: list[T]",
        "Page[U](items=[booking])",
    ),
    "generic with defaults": (
        f"T = TypeVar('T')\nclass U(BaseModel):\n    {ORM}\n    owner: str\n"
        f"class Page(BaseModel, Generic[T]):\n    {ORM}\n    items: list[T]\nclass UPage(Page[U]):\n    total: int = 1",
        "UPage.model_validate({'items': [booking]})",
    ),
    "adapter": (
        f"class Out(BaseModel):\n    {ORM}\n    payments: list[Any]\nadapter = TypeAdapter(list[Out])",
        "adapter.validate_python([booking])",
    ),
    "adapter in function": (
        "class Out(BaseModel):\n    user: Any",
        "TypeAdapter(dict[str, Out]).validate_python({'a': booking}, from_attributes=True)",
    ),
    "adapter of a parameter": (
        f"class Out(BaseModel):\n    {ORM}\n    user: Any\ndef many(model, rows):\n"
        "    return TypeAdapter(list[model]).validate_python(rows)",
        "many(Out, [booking])",
    ),
    "root model": (
        f"class Out(BaseModel):\n    {ORM}\n    user: Any\nclass Outs(RootModel[list[Out]]):\n    pass",
        "Outs.model_validate([booking])",
    ),
    "union, one fits": (
        f"class A(BaseModel):\n    {ORM}\n    user: Any\nclass B(BaseModel):\n    {ORM}\n    spot: int",
        "TypeAdapter(A | B).validate_python(booking)",
    ),
    "union in a field": (
        f"class U(BaseModel):\n    {ORM}\n    bookings: list[Any]\nclass V(BaseModel):\n    {ORM}\n    nothing: int\n"
        f"class Out(BaseModel):\n    {ORM}\n    user: Union[V, U]",
        "Out.model_validate(booking)",
    ),
    "discriminated": (
        f"class Cash(BaseModel):\n    {ORM}\n    kind: Literal['cash']\n    amount: int\n"
        f"class Card(BaseModel):\n    {ORM}\n    kind: Literal['card']\n    digits: str\n"
        f"class Out(BaseModel):\n    {ORM}\n    payments: list[Annotated[Cash | Card, Field(discriminator='kind')]]",
        "Out.model_validate(booking)",
    ),
    "before validator": (
        f"class Out(BaseModel):\n    {ORM}\n    user: str\n    @field_validator('user', mode='before')\n"
        "    @classmethod\n    def name(cls, value):\n        return value.name",
        "Out.model_validate(booking)",
    ),
    "model before gives a dict": (
        f"class Out(BaseModel):\n    {ORM}\n    spot: int\n    user: Any = None\n    @model_validator(mode='before')\n"
        "    @classmethod\n    def pick(cls, data):\n        return {'spot': data.spot}",
        "Out.model_validate(booking)",
    ),
    "model before reads": (
        f"class Out(BaseModel):\n    {ORM}\n    who: str\n    @model_validator(mode='before')\n"
        "    @classmethod\n    def pick(cls, data):\n        return {'who': data.user.name}",
        "Out.model_validate(booking)",
    ),
    "annotated validator": (
        f"def names(value):\n    return [p.amount for p in value]\nclass Out(BaseModel):\n    {ORM}\n"
        "    payments: Annotated[list[int], BeforeValidator(names)]",
        "Out.model_validate(booking)",
    ),
    "after validator": (
        f"class Out(BaseModel):\n    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)\n"
        "    user: User\n    @field_validator('user')\n    @classmethod\n    def check(cls, value):\n"
        "        return value",
        "Out.model_validate(booking)",
    ),
    "entity in a field": (
        "class Out(BaseModel):\n    model_config = ConfigDict(arbitrary_types_allowed=True)\n    booking: Booking\n"
        "    @computed_field\n    @property\n    def who(self) -> str:\n        return self.booking.user.name",
        "out = Out(booking=booking)\n    out.model_dump()",
    ),
    "not dumped": (
        "class Out(BaseModel):\n    model_config = ConfigDict(arbitrary_types_allowed=True)\n    booking: Booking\n"
        "    @computed_field\n    @property\n    def who(self) -> str:\n        return self.booking.user.name",
        "out = Out(booking=booking)\n    out.model_dump(exclude={'who'})",
    ),
    "field serialiser": (
        "class Out(BaseModel):\n    booking: Any\n    @field_serializer('booking')\n    def plain(self, value, _info):\n"
        "        return value.user.name",
        "Out(booking=booking).model_dump()",
    ),
    "model serialiser": (
        "class Out(BaseModel):\n    booking: Any\n    @model_serializer\n    def plain(self):\n"
        "        return {'n': len(self.booking.payments)}",
        "Out(booking=booking).model_dump_json()",
    ),
    "nested entity in the constructor": (
        f"class U(BaseModel):\n    {ORM}\n    user: Any\nclass Out(BaseModel):\n    booking: U",
        "Out(booking=booking)",
    ),
    "caught": (
        f"class Out(BaseModel):\n    {ORM}\n    user: Any",
        "try:\n        Out.model_validate(booking)\n    except Exception:\n        return None",
    ),
    "own class method": (
        f"class Out(BaseModel):\n    {ORM}\n    user: Any\n    @classmethod\n    def of(cls, row):\n"
        "        return cls.model_validate(row)\nclass Special(Out):\n    pass",
        "Special.of(booking)",
    ),
    "own model_validate": (
        f"class Out(BaseModel):\n    {ORM}\n    user: Any\n    @classmethod\n    def model_validate(cls, obj, **kw):\n"
        "        return super().model_validate(obj, **kw)",
        "Out.model_validate(booking)",
    ),
    "mapped over": (f"class Out(BaseModel):\n    {ORM}\n    user: Any", "list(map(Out.model_validate, [booking]))"),
    "v1": (
        "class Out(BaseModel):\n    user: Any\n    class Config:\n        from_attributes = True",
        "Out.from_orm(booking)",
    ),
    "dict of the entity": (
        "class Out(BaseModel):\n    spot: int\n    user: Any = None",
        "Out(**booking.__dict__)",
    ),
    "computed over attributes": (
        f"class U(BaseModel):\n    {ORM}\n    name: str\nclass Out(BaseModel):\n    {ORM}\n    user: U\n"
        "    @computed_field\n    @property\n    def loud(self) -> str:\n        return self.user.name.upper()",
        "Out.model_validate(booking).model_dump()",
    ),
    "cycle": (
        f"class U(BaseModel):\n    {ORM}\n    name: str\n    bookings: list['Out'] = []\n"
        f"class Out(BaseModel):\n    {ORM}\n    spot: int\n    user: Optional['U'] = None",
        "Out.model_validate(booking)",
    ),
    "config by class keyword": (
        "class Out(BaseModel, from_attributes=True):\n    payments: list[Any]",
        "Out.model_validate(booking)",
    ),
    "own constructor": (
        "class Out(BaseModel):\n    name: str\n    def __init__(self, booking):\n"
        "        super().__init__(name=booking.user.name)",
        "Out(booking)",
    ),
    "wrapping validator": (
        f"class U(BaseModel):\n    {ORM}\n    name: str\nclass Out(BaseModel):\n    {ORM}\n    user: U\n"
        "    @field_validator('user', mode='wrap')\n    @classmethod\n    def around(cls, value, handler):\n"
        "        return handler(value)",
        "Out.model_validate(booking)",
    ),
    "row": (
        f"class Out(BaseModel):\n    {ORM}\n    name: str\n    spot: int",
        "Out.model_validate({'name': booking.owner, 'spot': booking.spot})",
    ),
}

LOADED = {
    "nothing": "OPTIONS = ()",
    "user": "OPTIONS = (joinedload(Booking.user).selectinload(User.bookings),)",
    "all": "OPTIONS = (joinedload(Booking.user).selectinload(User.bookings), selectinload(Booking.payments))",
}


@pytest.mark.parametrize("loaded", LOADED)
@pytest.mark.parametrize("name", SCHEMAS)
def test_schema(name: str, loaded: str) -> None:
    classes, use = SCHEMAS[name]
    text = f"{HEAD}\n{classes}\n{LOADED[loaded]}\ndef use(booking):\n    {use}\n{TAIL}"
    assert disagreement(text) == ""
