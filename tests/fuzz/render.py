"""The source of models.py and database.py.

The rows are dense: every object that a program reads in a chain exists, and no collection on its way is
empty. There are several universes of rows that are not related to each other, so that a program can load
things without meeting what it has loaded before, or meet it on purpose.
"""

from tests.fuzz.schema import PLURALS, Link, Schema, Subclass
from tests.fuzz.tree import Member

UNIVERSES = 6

_MODELS_HEADER = """\
from sqlalchemy import Column, ForeignKey, Table, func
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, backref, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    pass
"""

_ASYNC_DATABASE = """\
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import StaticPool

from models import {names}

engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
Session = async_sessionmaker(engine{factory})
IDS = [10 * universe + number for universe in range({universes}) for number in (1, 2, 3, 4)]


async def fill():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with Session() as session:
{inserts}
        await session.commit()
"""

_SYNC_DATABASE = """\
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool

from models import {names}

engine = create_engine("sqlite://", poolclass=StaticPool)
Session = sessionmaker(engine{factory})
IDS = [10 * universe + number for universe in range({universes}) for number in (1, 2, 3, 4)]


def fill():
    Base.metadata.create_all(engine)
    with Session() as session:
{inserts}
        session.commit()
"""

# The number of the row that the foreign key of row ``i`` names.
_REFERRED = {
    "one_to_many": "i // 10 * 10 + (i + 1) % 2 + 1",
    "one_to_one": "i",
    "self": "i // 10 * 10 + i % 10 % 4 + 1",
}


def models_source(schema: Schema, methods: tuple[Member, ...]) -> str:
    """models.py."""
    parts = [_header(schema, methods)]
    parts += [_secondary(link) for link in schema.links if link.kind == "many_to_many"]
    for entity in schema.entities:
        lines = ["", "", f"class {entity}(Base):", f'    __tablename__ = "{PLURALS[entity]}"', ""]
        lines.append("    id: Mapped[int] = mapped_column(primary_key=True)")
        lines += [f"    {c.name}: Mapped[{c.type} | None] = {c.source}" for c in schema.columns_of(entity)]
        for link in schema.links:
            if link.right == entity and link.foreign_key:
                target = f'ForeignKey("{PLURALS[link.left]}.id")'
                lines.append(f"    {link.foreign_key}: Mapped[int | None] = mapped_column({target})")
        for relationship in schema.relationships_of(entity):
            if relationship.source is not None:
                target = f'list["{relationship.target}"]' if relationship.many else f'"{relationship.target}"'
                lines.append(f"    {relationship.name}: Mapped[{target}] = {relationship.source}")
        special = schema.subclass if schema.subclass and schema.subclass.entity == entity else None
        if special is not None:
            lines.append("    kind: Mapped[str | None] = mapped_column()")
            lines.append('    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}')
        for method in methods:
            if method.entity == entity:
                lines += ["", *("    " + line for line in method.render())]
        if special is not None:
            lines += _subclass(special)
        parts.append("\n".join(lines) + "\n")
    if any(link.style == "backref" for link in schema.links):
        parts.append("\n\nBase.registry.configure()\n")
    return "".join(parts)


def _header(schema: Schema, methods: tuple[Member, ...]) -> str:
    imports = ""
    if any(method.decorator is None and "association_proxy" in method.render()[0] for method in methods):
        imports += "from sqlalchemy.ext.associationproxy import association_proxy\n"
    if any(method.decorator == "hybrid_property" for method in methods):
        imports += "from sqlalchemy.ext.hybrid import hybrid_property\n"
    if any(column.computed for entity in schema.entities for column in schema.columns_of(entity)):
        imports += "from sqlalchemy.orm import column_property\n"
    return imports + _MODELS_HEADER


def _subclass(special: Subclass) -> list[str]:
    lines = ["", "", f"class {special.name}({special.entity}):"]
    if special.joined:
        parent = f'ForeignKey("{PLURALS[special.entity]}.id")'
        lines.append(f'    __tablename__ = "special_{PLURALS[special.entity]}"')
        lines.append(f"    id: Mapped[int] = mapped_column({parent}, primary_key=True)")
    lines.append("    extra: Mapped[str | None] = mapped_column()")
    if special.keeper:
        lines += [
            f'    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("{PLURALS[special.keeper]}.id"))',
            f'    keeper: Mapped["{special.keeper}"] = relationship(foreign_keys=[keeper_id])',
        ]
    load = f', "polymorphic_load": "{special.load}"' if special.load else ""
    lines.append(f'    __mapper_args__ = {{"polymorphic_identity": "special"{load}}}')
    return lines


def database_source(schema: Schema, is_async: bool, expire_on_commit: bool, without: str = "") -> str:
    """database.py.

    Args:
        without: an entity that has no rows.
    """
    template = _ASYNC_DATABASE if is_async else _SYNC_DATABASE
    wait = "await " if is_async else ""
    secondaries = [link.secondary for link in schema.links if link.kind == "many_to_many"]
    filled = [entity for entity in schema.entities if entity != without]
    inserts = [f"        {wait}session.execute({_insert(schema, entity)})" for entity in filled]
    inserts += [
        f"        {wait}session.execute({_insert_pairs(link)})"
        for link in schema.links
        if link.kind == "many_to_many"
    ]
    return template.format(
        names=", ".join(["Base", *schema.classes, *secondaries]),
        factory="" if expire_on_commit else ", expire_on_commit=False",
        universes=UNIVERSES,
        inserts="\n".join(inserts),
    )


def _secondary(link: Link) -> str:
    sides = ", ".join(
        f'Column("{entity.lower()}_id", ForeignKey("{PLURALS[entity]}.id"), primary_key=True)'
        for entity in (link.left, link.right)
    )
    return f'\n\n{link.secondary} = Table("{link.secondary}", Base.metadata, {sides})\n'


def _insert(schema: Schema, entity: str) -> str:
    values = ['"id": i']
    for column in schema.columns_of(entity):
        if column.computed:
            continue
        value = "1" if column.type == "int" else "str(i)"
        values += [f'"{column.name}": {value}']
    for link in schema.links:
        if link.right == entity and link.foreign_key:
            values += [f'"{link.foreign_key}": {_REFERRED[link.kind]}']
    special = schema.subclass
    if special is not None and special.entity == entity:
        entity = special.name
        values += ['"extra": str(i)', *(['"keeper_id": i'] if special.keeper else [])]
    return f"insert({entity}), [{{{', '.join(values)}}} for i in IDS]"


def _insert_pairs(link: Link) -> str:
    left, right = f'"{link.left.lower()}_id"', f'"{link.right.lower()}_id"'
    partners = "(i, (i + 1 if i % 2 else i - 1))"
    return f"insert({link.secondary}), [{{{left}: i, {right}: j}} for i in IDS for j in {partners}]"
