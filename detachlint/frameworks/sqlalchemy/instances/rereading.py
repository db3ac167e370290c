"""The row of an expired object is read again, by its key."""

from __future__ import annotations

from detachlint.frameworks.sqlalchemy.identity.arrivals import reached
from detachlint.frameworks.sqlalchemy.identity.twins import twins
from detachlint.frameworks.sqlalchemy.instances.attributes import restore_columns
from detachlint.frameworks.sqlalchemy.queries import plans
from detachlint.interpret.frame import Frame
from detachlint.interpret.heap import Base, EntityObject


def reread(frame: Frame, address: int, obj: EntityObject) -> EntityObject:
    """The object with its columns, and with what the options that stay with it load: that may be objects
    which the program holds, and they get theirs back too.
    """
    restored = restore_columns(frame, obj)
    frame.put(address, restored)
    reloads(frame, address, obj)
    return frame.entity(address) or restored


def reloads(frame: Frame, address: int, obj: EntityObject) -> None:
    """What comes along when the row is read again. If another object is the same row, its query's options
    stay with that one.
    """
    for each in (obj, *(twin for _, twin in twins(frame, obj, address))):
        if each.base is Base.QUERIED:
            reached(frame, obj.session, obj.entity, plans.anew(each.plan, each.entity))
