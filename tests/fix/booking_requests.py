"""Run in the folder of a booking backend: drive faulty routes of its old code, and print the answers.

The arguments are the ids of faults of ``legacy/faults.toml``; each gets an application and a database.
"""

import asyncio
import json
import logging
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import httpx


def main() -> None:
    """Print a JSON object: id -> the status and the answer, or the names of the errors that were raised."""
    sys.path.insert(0, ".")
    logging.disable(logging.CRITICAL)
    faults = tomllib.loads(Path("legacy/faults.toml").read_text(encoding="utf-8"))["fault"]
    chosen = [fault for fault in faults if fault["route"] and fault["id"] in sys.argv[1:]]
    print(json.dumps({fault["id"]: asyncio.run(drive(fault)) for fault in chosen}))


async def drive(fault: dict[str, Any]) -> list[Any]:
    """Send the fault's request to a new application."""
    from legacy.main import create_app  # type: ignore[import-not-found]

    method, _, route = fault["route"].partition(" ")
    with tempfile.TemporaryDirectory() as folder:
        application = create_app(f"sqlite+aiosqlite:///{folder}/booking.db")
        async with application.router.lifespan_context(application):
            transport = httpx.ASGITransport(app=application, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://legacy") as client:
                try:
                    answer = await client.request(method, fault.get("request", route), json=fault.get("json"))
                except Exception as error:
                    return ["raised", sorted(names_of(error))]
                if answer.headers["content-type"].startswith("application/json"):
                    return [answer.status_code, answer.json()]
                return [answer.status_code, answer.text]


def names_of(error: BaseException) -> set[str]:
    """The error and those that it stands for."""
    names = {base.__name__ for base in type(error).__mro__}
    if error.__cause__ is not None:
        names |= names_of(error.__cause__)
    errors = getattr(error, "errors", None)
    for entry in errors() if callable(errors) else ():
        names |= {part for part in ("MissingGreenlet",) if part in str(entry.get("ctx", {}).get("error", ""))}
    return names


if __name__ == "__main__":
    main()
