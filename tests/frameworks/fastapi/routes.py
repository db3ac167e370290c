"""The application around a route: schemas, the session, and a request."""

from __future__ import annotations

from tests.frameworks.agreement import disagreement

OPTIONS = ["", ".options(joinedload(Booking.user))"]

HEAD = """
from typing import *
from functools import wraps
from contextlib import asynccontextmanager
import httpx
from fastapi import APIRouter, BackgroundTasks, Body, Depends, FastAPI, Header, HTTPException, Path, Request
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


def disagreements(route: str, option: str) -> str:
    """How findings and execution disagree with this route.

    Args:
        option: "", or what loads all that the response reads.
    """
    text = f"{HEAD}\nMETHOD = 'GET'\n{route}\n{TAIL}"
    text = text.replace("OPTIONS", option).replace("OPT", ", joinedload(Booking.user)" if option else "")
    return disagreement(text)
