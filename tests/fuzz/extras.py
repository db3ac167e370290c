"""Features that are drawn apart: a program without them is the same as if they did not exist."""

from dataclasses import replace
from random import Random

from tests.fuzz.schema import Column, Schema, Subclass

EXTRAS = (
    *("column_property", "extender", "hybrid", "inheritance"),
    *("merge_unloaded", "proxy", "second_session", "task"),
)
LABEL = Column("label", 'column_property(name + "!")', "str", computed=True)


def random_extras(random: Random, without: frozenset[str], always: frozenset[str]) -> frozenset[str]:
    """Which of them a program may use.

    Args:
        always: those that it has in any case.
    """
    drawn = {extra for extra in EXTRAS if random.random() < 0.1}
    return (frozenset(drawn) | always) - without


def extended(schema: Schema, extras: frozenset[str], random: Random) -> Schema:
    """The schema with what the extras add to it."""
    if "column_property" in extras:
        entity = random.choice(schema.entities)
        columns = tuple((name, (*own, LABEL) if name == entity else own) for name, own in schema.columns)
        schema = replace(schema, columns=columns)
    if "inheritance" in extras:
        schema = replace(schema, subclass=_random_subclass(schema, random))
    return schema


def _random_subclass(schema: Schema, random: Random) -> Subclass:
    entity = random.choice(schema.entities)
    joined = random.random() < 0.6
    linked = {link.left if link.right == entity else link.right for link in schema.links}
    # In one table, a second foreign key to the same target would make the first one's join ambiguous.
    targets = [name for name in schema.entities if name != entity and (joined or name not in linked)]
    keeper = random.choice(targets) if targets and random.random() < 0.7 else None
    return Subclass(entity, joined, random.choice((None, None, "inline", "selectin")), keeper)
