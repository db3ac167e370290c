"""Responses and background tasks of routes: what they read of what a route gives, and when."""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.agreement import STUDIO
from tests.frameworks.fastapi.routes import GET, HEAD, OPTIONS, disagreements

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
}


@pytest.mark.parametrize("option", OPTIONS, ids=["bare", "loaded"])
@pytest.mark.parametrize("name", ROUTES)
def test_route(name: str, option: str) -> None:
    assert disagreements(ROUTES[name], option) == ""


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
