"""How a route gets into the application, and what answers in its place."""

from __future__ import annotations

import pytest

from tests.frameworks.fastapi.routes import GET, OPTIONS, disagreements

# Each route is run with and without the loader option.
ROUTES = {
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
    "a router of the program's own class": f"""
class OwnRouter(APIRouter):
    def __init__(self, **settings):
        super().__init__(**settings)
PATH = "/b/{{id}}"
own = OwnRouter()
@own.get(PATH, response_model=BookingOut)
async def show(id: int, session: Db):
    return {GET}
app.include_router(own)
""",
    "dependencies of a router of the program's own class": f"""
async def check(session: Db):
    booking = {GET}
    print(booking.user.name)
class GuardedRouter(APIRouter):
    def __init__(self, **settings):
        super().__init__(dependencies=[Depends(check)], **settings)
guarded = GuardedRouter()
@guarded.get("/b/{{id}}")
async def show(id: int):
    return 1
app.include_router(guarded)
""",
    "a class behind a decorator of the program's own": f"""
import inspect
def controller(router):
    def decorate(cls):
        def init(self, **given):
            self.__dict__.update(given)
        cls.__init__ = init
        cls.__signature__ = inspect.Signature([
            inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=getattr(cls, n), annotation=hint)
            for n, hint in get_type_hints(cls).items()
        ])
        for route in router.routes:
            signature = inspect.signature(route.endpoint)
            first, *others = signature.parameters.values()
            others = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in others]
            changed = [first.replace(default=Depends(cls)), *others]
            route.endpoint.__signature__ = signature.replace(parameters=changed)
        return cls
    return decorate
class Found:
    def __init__(self, session):
        self.session = session
    async def one(self):
        session = self.session
        return {GET}
class Controller:
    session: AsyncSession = Depends(get_session)
    @property
    def bookings(self):
        return Found(self.session)
@controller(router)
class Bookings(Controller):
    @router.get("/b/{{id}}")
    async def show(self, id: int):
        booking = await self.bookings.one()
        return booking.user.name
app.include_router(router)
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
    "made by a function": """
def loader(model, *options):
    async def load(session: Db):
        return (await session.scalars(select(model).options(*options))).first()
    return load
@app.get("/b/{id}")
async def route(id: int, b=Depends(loader(BookingOPT))):
    return b.user.name
""",
}


@pytest.mark.parametrize("option", OPTIONS, ids=["bare", "loaded"])
@pytest.mark.parametrize("name", ROUTES)
def test_route(name: str, option: str) -> None:
    assert disagreements(ROUTES[name], option) == ""
