"""Dependencies of routes, in the order in which FastAPI runs them."""

from __future__ import annotations

import pytest

from tests.frameworks.fastapi.routes import GET, OPTIONS, disagreements

# Each route is run with and without the loader option.
ROUTES = {
    "dependency gives the entity": f"""
async def the_booking(session: Db, id: int = Path()) -> Booking:
    return {GET}

@app.get("/b/{{id}}")
async def route(booking: Annotated[Booking, Depends(the_booking)]):
    return booking.user.name
""",
    "dependency chain": f"""
async def the_booking(id: int, session: AsyncSession = Depends(get_session)):
    return {GET}

async def the_name(booking: Booking = Depends(the_booking)):
    return booking.user.name

@router.get("/{{id}}")
async def route(name: str = Depends(the_name)):
    return name

app.include_router(router, prefix="/b")
""",
    "dependency shares the session": f"""
async def load(session: Db):
    await session.scalars(select(Booking).options(joinedload(Booking.user)))
    return (await session.scalars(select(User))).all()

@app.get("/b/{{id}}")
async def route(id: int, session: Db, users=Depends(load)):
    booking = {GET}
    return booking.user.name
""",
    "dependencies of the route": f"""
async def check(session: Db):
    booking = {GET}
    if booking.user.name == "Bob":
        raise HTTPException(403)

@app.get("/b/{{id}}", dependencies=[Depends(check)])
async def route(id: int):
    return 1
""",
    "dependencies of the router": f"""
async def check(session: Db):
    booking = {GET}
    print(booking.user.name)

guarded = APIRouter(prefix="/b", dependencies=[Depends(check)])

@guarded.get("/{{id}}")
async def route(id: int):
    return 1

app.include_router(guarded)
""",
    "dependencies of the include": f"""
async def check(session: Db):
    booking = {GET}
    print(booking.user.name)

@router.get("/b/{{id}}")
async def route(id: int):
    return 1

app.include_router(router, dependencies=[Depends(check)])
""",
    "callable instance": """
class Loader:
    def __init__(self, model):
        self.model = model

    async def __call__(self, session: Db):
        return (await session.scalars(select(self.model)OPTIONS)).first()

@app.get("/b/{id}")
async def route(id: int, booking=Depends(Loader(Booking))):
    return booking.user.name
""",
    "a signature that is made": f"""
import inspect
class Search:
    def __init__(self, host: Annotated[str | None, Header()] = None):
        self.host = host

def dependable(cls):
    def made(*args, **kwargs):
        return cls(*args, **kwargs)
    made.__signature__ = inspect.signature(cls)
    return made

@app.get("/b/{{id}}")
async def route(id: int, session: Db, search: Search = Depends(dependable(Search))):
    booking = {GET}
    if search.host is None:
        return 1
    return booking.user.name
""",
    "after the yield": f"""
seen = []

async def keeper():
    kept = []
    yield kept
    for booking in kept:
        print(booking.user.name)

@app.get("/b/{{id}}")
async def route(id: int, session: Db, kept=Depends(keeper)):
    booking = {GET}
    kept.append(booking)
    return 1
""",
    "commit after the yield": f"""
expiring = async_sessionmaker(engine)

async def unit():
    async with expiring() as session:
        yield session
        await session.commit()

@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: AsyncSession = Depends(unit)):
    return {GET}
""",
    "factory": f"""
def create_app():
    made = FastAPI()

    @made.get("/b/{{id}}", response_model=BookingOut)
    async def route(id: int, session: Db):
        return {GET}

    return made

app = create_app()
""",
    "factory with a closure": f"""
def create_app(sessions):
    made = FastAPI()

    async def own_session():
        async with sessions() as session:
            yield session

    @made.get("/b/{{id}}")
    async def route(id: int, session: AsyncSession = Depends(own_session)) -> BookingOut:
        return {GET}

    return made

app = create_app(factory)
""",
    "stub overridden": f"""
def session_stub():
    raise NotImplementedError

app.dependency_overrides[session_stub] = get_session

@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: AsyncSession = Depends(session_stub)):
    return {GET}
""",
    "session of the request": f"""
@app.middleware("http")
async def with_session(request: Request, call_next):
    async with factory() as session:
        request.state.session = session
        return await call_next(request)

def current(request: Request):
    return request.state.session

@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: AsyncSession = Depends(current)):
    return {GET}
""",
    "service in another function": f"""
async def find(session, id):
    booking = {GET}
    if not booking:
        raise HTTPException(404)
    return booking

@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: Db):
    try:
        return await find(session, id)
    except ValueError:
        raise HTTPException(400)
""",
    "partial dependency": """
from functools import partial
async def load(session: Db, model=None):
    return (await session.scalars(select(model)OPTIONS)).first()
@app.get("/b/{id}")
async def route(id: int, b=Depends(partial(load, model=Booking))):
    return b.user.name
""",
    "state of the request": f"""
async def attach(request: Request, session: Db):
    request.state.booking = {GET}
@app.get("/b/{{id}}", dependencies=[Depends(attach)])
async def route(id: int, request: Request):
    return request.state.booking.user.name
""",
    "type alias": """
Bookings = list[BookingOut]
@app.get("/b/{id}", response_model=Bookings)
async def route(id: int, session: Db):
    return (await session.scalars(select(Booking)OPTIONS)).all()
""",
    "unit of work as dependency": f"""
class Uow:
    async def __aenter__(self):
        self.session = factory()
        return self
    async def __aexit__(self, *a):
        await self.session.close()
async def uow():
    async with Uow() as u:
        yield u
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, u: Uow = Depends(uow)):
    session = u.session
    return {GET}
""",
    "unit of work in the route": f"""
class Uow:
    async def __aenter__(self):
        self.session = factory()
        return self
    async def __aexit__(self, *a):
        await self.session.close()
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int):
    async with Uow() as u:
        session = u.session
        b = {GET}
    return b
""",
}


@pytest.mark.parametrize("option", OPTIONS, ids=["bare", "loaded"])
@pytest.mark.parametrize("name", ROUTES)
def test_route(name: str, option: str) -> None:
    assert disagreements(ROUTES[name], option) == ""
