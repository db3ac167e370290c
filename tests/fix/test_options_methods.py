"""Methods that give a query its options: of several, the one that the query asks is edited."""

from tests.fix.mended import Edit, mend

SEVERAL = Edit(
    "several implementations",
    """\
class Repository:
    model = None

    def __init__(self, session):
        self.session = session

    def relations(self):
        return []

    async def all(self):
        query = select(self.model).options(*self.relations())
        return (await self.session.scalars(query)).all()


class Bookings(Repository):
    model = Booking

    def relations(self):
        return [joinedload(Booking.lesson)]


class Arrivals(Repository):
    model = Booking

    def relations(self):
        return [joinedload(Booking.lesson).joinedload(Lesson.instructor)]


async def names(session):
    return [each.user.name for each in await Arrivals(session).all()]
""",
    """\
class Repository:
    model = None

    def __init__(self, session):
        self.session = session

    def relations(self):
        return []

    async def all(self):
        query = select(self.model).options(*self.relations())
        return (await self.session.scalars(query)).all()


class Bookings(Repository):
    model = Booking

    def relations(self):
        return [joinedload(Booking.lesson)]


class Arrivals(Repository):
    model = Booking

    def relations(self):
        return [joinedload(Booking.lesson).joinedload(Lesson.instructor), joinedload(Booking.user)]


async def names(session):
    return [each.user.name for each in await Arrivals(session).all()]
""",
    "assert sorted(await names(session)) == ['Anna', 'Ben']",
)


def test_the_edit() -> None:
    mended = mend(SEVERAL)
    assert mended.code == SEVERAL.after
    assert mended.outcome.error is None, mended.outcome
