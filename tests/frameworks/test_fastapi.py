"""Routes: dependencies, responses, background tasks, in the order in which FastAPI runs them."""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.agreement import STUDIO, disagreement

HEAD = """
from typing import *
from functools import wraps
from contextlib import asynccontextmanager
import httpx
from fastapi import APIRouter, BackgroundTasks, Body, Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field, computed_field, model_validator
from starlette.background import BackgroundTask
from studio import *

class UserOut(BaseModel):
    name: str

class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    user: UserOut

class Flat(BaseModel):
    id: int
    spot: int

T = TypeVar("T")

class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int = 1

Db = Annotated[AsyncSession, Depends(get_session)]
app = FastAPI()
router = APIRouter()
"""

TAIL = """
async def main():
    await fill()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t") as http:
        body = {"id": 1, "spot": 2} if METHOD == "POST" else None
        (await http.request(METHOD, "/b/1", json=body)).raise_for_status()
"""

GET = "(await session.execute(select(Booking)OPTIONS)).scalar_one()"

# Each route is run with and without the loader option.
ROUTES = {
    "response model": f"""
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: Db):
    return {GET}
""",
    "return annotation": f"""
@app.get("/b/{{id}}")
async def route(id: int, session: AsyncSession = Depends(get_session)) -> BookingOut:
    booking = {GET}
    return booking
""",
    "flat response": f"""
@app.get("/b/{{id}}", response_model=Flat)
async def route(id: int, session: Db):
    return {GET}
""",
    "no response model": f"""
@app.get("/b/{{id}}")
async def route(id: int, session: Db):
    return {GET}
""",
    "response model none": f"""
@app.get("/b/{{id}}", response_model=None)
async def route(id: int, session: Db) -> Booking:
    return {GET}
""",
    "list": """
@app.get("/b/{id}", response_model=list[BookingOut])
async def route(id: int, session: Db):
    rows = await session.scalars(select(Booking)OPTIONS)
    return rows.all()
""",
    "page": f"""
@app.get("/b/{{id}}", response_model=Page[BookingOut])
async def route(id: int, session: Db):
    return {{"items": [{GET}]}}
""",
    "dictionary": f"""
@app.get("/b/{{id}}")
async def route(id: int, session: Db) -> dict[str, BookingOut]:
    return {{"one": {GET}}}
""",
    "optional": f"""
@app.get("/b/{{id}}", response_model=Optional[BookingOut])
async def route(id: int, session: Db):
    booking = {GET}
    if booking is None:
        return None
    return booking
""",
    "two returns": f"""
@app.get("/b/{{id}}", response_model=BookingOut | Flat)
async def route(id: int, session: Db):
    booking = {GET}
    if id == 7:
        return Flat(id=1, spot=2)
    return booking
""",
    "excluded from the output": f"""
@app.get("/b/{{id}}", response_model=BookingOut, response_model_exclude={{"user"}})
async def route(id: int, session: Db):
    return {GET}
""",
    "own response": f"""
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: Db):
    booking = {GET}
    return JSONResponse({{"id": booking.id}})
""",
    "encoder": f"""
@app.get("/b/{{id}}")
async def route(id: int, session: Db):
    return JSONResponse(jsonable_encoder({GET}))
""",
    "validated in the route": f"""
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: Db):
    booking = {GET}
    return BookingOut.model_validate(booking, from_attributes=True)
""",
    "closed session": f"""
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int):
    async with factory() as session:
        booking = {GET}
    return booking
""",
    "session that ends with the route": f"""
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: AsyncSession = Depends(get_session, scope="function")):
    return {GET}
""",
    "background": f"""
async def mail(booking):
    print(booking.user.name)

@app.get("/b/{{id}}")
async def route(id: int, session: Db, tasks: BackgroundTasks):
    booking = {GET}
    tasks.add_task(mail, booking)
    return {{"id": booking.id}}
""",
    "background, keyword and sync": f"""
def mail(*, booking):
    print(booking.user.name)

@app.get("/b/{{id}}")
async def route(id: int, session: Db, tasks: BackgroundTasks):
    tasks.add_task(mail, booking={GET})
""",
    "background of the response": f"""
async def mail(booking):
    print(booking.user.name)

@app.get("/b/{{id}}")
async def route(id: int, session: Db):
    booking = {GET}
    return JSONResponse({{}}, background=BackgroundTask(mail, booking))
""",
    "background in a service": f"""
async def mail(booking):
    print(booking.user.name)

class Service:
    def __init__(self, session: Db, tasks: BackgroundTasks):
        self.session = session
        self.tasks = tasks

    async def notify(self):
        session = self.session
        self.tasks.add_task(mail, {GET})

@app.get("/b/{{id}}")
async def route(id: int, service: Annotated[Service, Depends()]):
    await service.notify()
    return 1
""",
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
    "added": f"""
async def route(id: int, session: Db):
    return {GET}

app.add_api_route("/b/{{id}}", route, response_model=BookingOut)
""",
    "body": f"""
METHOD = "POST"

@app.post("/b/{{id}}", response_model=BookingOut, status_code=201)
async def route(id: int, session: Db, payload: Flat = Body()):
    booking = {GET}
    booking.spot = payload.spot
    await session.commit()
    return booking
""",
    "computed field": f"""
class Named(BaseModel):
    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)
    id: int
    booking: Any = Field(exclude=True)

    @computed_field
    @property
    def who(self) -> str:
        return self.booking.user.name

@app.get("/b/{{id}}", response_model=Named)
async def route(id: int, session: Db):
    booking = {GET}
    return {{"id": booking.id, "booking": booking}}
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
    "error handler in the route": f"""
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int, session: Db):
    try:
        booking = {GET}
        return booking
    except Exception:
        return None
""",
    "a Starlette route": f"""
from starlette.applications import Starlette
from starlette.routing import Route
async def show(request):
    async with factory() as session:
        booking = {GET}
    return JSONResponse({{"u": booking.user.name}})
app = Starlette(routes=[Route("/b/1", show)])
""",
    "an endpoint class": f"""
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.endpoints import HTTPEndpoint
class Show(HTTPEndpoint):
    async def get(self, request):
        async with factory() as session:
            booking = {GET}
            return JSONResponse({{"u": booking.user.name}})
app = Starlette(routes=[Route("/b/1", Show)])
""",
    "a router in an object": f"""
class Api:
    def __init__(self):
        self.router = APIRouter()
        @self.router.get("/b/{{id}}", response_model=BookingOut)
        async def show(id: int, session: Db):
            return {GET}
app.include_router(Api().router)
""",
    "registered by a function": f"""
def register(application: FastAPI) -> None:
    @application.get("/b/{{id}}", response_model=BookingOut)
    async def show(id: int, session: Db):
        return {GET}
register(app)
""",
    "a stream": f"""
from fastapi.responses import StreamingResponse
@app.get("/b/{{id}}")
async def route(id: int, session: Db):
    booking = {GET}
    async def body():
        yield booking.user.name
    return StreamingResponse(body())
""",
    "an exception handler": f"""
class Gone(Exception):
    def __init__(self, booking):
        self.booking = booking
@app.exception_handler(Gone)
async def gone(request: Request, exc: Gone):
    return JSONResponse({{"u": exc.booking.user.name}})
@app.get("/b/{{id}}")
async def route(id: int, session: Db):
    raise Gone({GET})
""",
    "partial dependency": """
from functools import partial
async def load(session: Db, model=None):
    return (await session.scalars(select(model)OPTIONS)).first()
@app.get("/b/{id}")
async def route(id: int, b=Depends(partial(load, model=Booking))):
    return b.user.name
""",
    "made by a function": """
def loader(model, *options):
    async def load(session: Db):
        return (await session.scalars(select(model).options(*options))).first()
    return load
@app.get("/b/{id}")
async def route(id: int, b=Depends(loader(BookingOPT))):
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


@pytest.mark.parametrize("option", ["", ".options(joinedload(Booking.user))"], ids=["bare", "loaded"])
@pytest.mark.parametrize("name", ROUTES)
def test_route(name: str, option: str) -> None:
    text = f"{HEAD}\nMETHOD = 'GET'\n{ROUTES[name]}\n{TAIL}"
    text = text.replace("OPTIONS", option).replace("OPT", ", joinedload(Booking.user)" if option else "")
    assert disagreement(text) == ""


# These can't be run here, or what runs last in the frame isn't the return.
RETURNS = {
    "in a block": f"""
@app.get("/b/{{id}}", response_model=BookingOut)
async def route(id: int):
    async with factory() as session:
        return {GET}  # here
""",
    "under a decorator": f"""
def logged(function):
    @wraps(function)
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)
    return wrapper

@app.get("/b/{{id}}", response_model=BookingOut)
@logged
async def route(id: int, session: Db):
    return {GET}  # here
""",
}

RETURNS["in a class"] = f"""
from fastapi_utils.cbv import cbv

@cbv(router)
class Bookings:
    session: AsyncSession = Depends(get_session)

    @router.get("/b/{{id}}", response_model=BookingOut)
    async def route(self, id: int):
        session = self.session
        return {GET}  # here
"""
RETURNS["behind a chain of dependencies"] = f"""
async def find_user(session: Db, name: str | None = None) -> User | None:
    if name is None:
        return None
    return (await session.scalars(select(User))).one_or_none()

async def the_user(user: User | None = Depends(find_user)):
    if user is None:
        raise HTTPException(401)
    return user

async def check(session: Db, user: User = Depends(the_user)):
    found = (await session.scalars(select(Booking.id).where(Booking.user_id == user.id))).first()
    if found is None:
        raise HTTPException(403)

def session_of_the_application(request: Request):
    return request.app.state.sessions()

@app.get("/b/{{id}}", response_model=BookingOut, dependencies=[Depends(check)])
async def route(id: int, session: AsyncSession = Depends(session_of_the_application)):
    return {GET}  # here
"""


@pytest.mark.parametrize("name", RETURNS)
def test_response_is_read_at_the_return(name: str) -> None:
    text = f"{HEAD}\n{RETURNS[name]}".replace("OPTIONS", "")
    findings = [
        f for f in analyse_sources({"studio.py": STUDIO, "main.py": text}).findings if f.error is not None
    ]
    assert ["# here" in text.splitlines()[f.line - 1] for f in findings] == [True]


MIDDLEWARE = """
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware

class DetachedInstanceMiddleware(BaseHTTPMiddleware):
    pass

def setup(application):
    application.add_middleware(DetachedInstanceMiddleware)

STACK = [Middleware(DetachedInstanceMiddleware)]
"""

APPLICATIONS = {
    "bare": ("app = FastAPI()", 1),
    "installed": ("app = FastAPI()\napp.add_middleware(DetachedInstanceMiddleware)", 0),
    "another middleware": ("app = FastAPI()\napp.add_middleware(BaseHTTPMiddleware)", 1),
    "argument": ("app = FastAPI(middleware=[Middleware(DetachedInstanceMiddleware)])", 0),
    "variable": ("app = FastAPI(middleware=STACK)", 0),
    "helper": ("app = FastAPI()\nsetup(app)", 0),
    "factory": ("def create():\n    app = FastAPI()\n    setup(app)\n    return app", 0),
    "factory without": ("def create():\n    app = FastAPI()\n    return app\napp = create()", 1),
    "caller of the factory": (
        "def create():\n    made = FastAPI()\n    return made\napp = create()\nsetup(app)",
        0,
    ),
    "mounted": ("app = FastAPI()\nsetup(app)\nsub = FastAPI()\napp.mount('/sub', sub)", 0),
    "mounted in a bare one": ("app = FastAPI()\nsub = FastAPI()\napp.mount('/sub', sub)", 2),
    "two": ("app = FastAPI()\nsetup(app)\nother = FastAPI()", 1),
}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_application_without_the_middleware(name: str) -> None:
    text, wanted = APPLICATIONS[name]
    findings = analyse_sources({"main.py": f"{MIDDLEWARE}\n{text}\n"}).findings
    assert len([f for f in findings if f.code == "DET401"]) == wanted


def test_middleware_is_installed_by_another_module() -> None:
    files = {
        "guard.py": MIDDLEWARE,
        "web.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "main.py": "from guard import DetachedInstanceMiddleware\nfrom web import app\n"
        "app.add_middleware(DetachedInstanceMiddleware)\n",
    }
    assert [f for f in analyse_sources(files).findings if f.code == "DET401"] == []
