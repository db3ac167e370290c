"""The booking backend, end to end: its old routes fail, `detachlint fix` mends them, and they answer.

The answers are those that the demo data of ``legacy/demo_data.py`` gives.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from detachlint.api import fix, write_fixes
from detachlint.config import Config
from detachlint.domain.findings import Finding

BACKEND = Path(__file__).parents[2] / "fixtures" / "booking"
REQUESTS = Path(__file__).with_name("booking_requests.py")

MENDED: dict[str, Any] = {
    "booking-list": {"2031-05-05 09:00:00": [1, 2], "2031-05-05 18:00:00": [3, 4]},
    "booking-description": {"id": 1, "starts_at": "2031-05-05T09:00:00"},
    "ignored-options-read": ["Trial", "Ten classes"],
    "receipt-after-session": {"booking": 1, "customer": "Anna Holm"},
    "roster-chain": ["Anna Holm (1 packages)", "Ben Okafor (1 packages)"],
    "payment-raise": {"amount_cents": 2000},
    "cancel-after-commit": {"booking": 1, "status": "cancelled"},
    "booking-after-rollback": {"detail": "already booked"},
    "register-after-refresh": {"id": 4, "packages": 1},
    "rename-after-expire": {"id": 1, "name": "Anne"},
    "biography-deferred": {"biography": "Danced for ten years."},
    "mailing-list-left-out": ["anna@example.com", "ben@example.com", "cleo@example.com"],
    "bookings-response-model": [
        {"id": 1, "status": "confirmed", "user": {"id": 1, "name": "Anna Holm"}},
        {"id": 3, "status": "confirmed", "user": {"id": 1, "name": "Anna Holm"}},
    ],
    "purchases-page": {
        "items": [{"id": 1, "credits_left": 8, "package": {"name": "Ten classes", "credits": 10}}],
        "total": 1,
    },
    "card-model-validate": {
        "id": 1,
        "capacity": 6,
        "template": {"name": "Reformer Flow", "level": "open"},
        "instructor": {"name": "Mia Berg"},
    },
    "confirmation-in-background": {"status": "confirmed"},
    "badge-from-cache": {"name": "Mia Berg", "studio": "Harbour Studio"},
    "waitlist-append": {"class": 1, "user": 3},
    "tags-replace": {"template": 1, "label": "springs"},
    "available-spots": {"1": 4, "2": 7},
    "user-to-dict": {"id": 1, "name": "Anna Holm", "bookings": [1, 3]},
    "booking-counts-duplicates": {"Anna Holm": 2, "Ben Okafor": 1, "Cleo Martin": 1},
}
"""What routes that failed answer once the safe fixes are made."""

ANSWERED_BEFORE: dict[str, Any] = {
    "attendance-loop": {"Anna Holm": 2, "Ben Okafor": 1, "Cleo Martin": 1},
    "credits-loop": {"credits": 11},
    "signatures-identity-map": ["1 Anna Holm", "3 Anna Holm"],
    "history-by-hand": ["Reformer Flow with Mia Berg", "Mat Basics with Noor Haddad"],
    "prices-unused-load": {"Ten classes": 18000, "Trial": 1500},
}
"""What fixes must not change."""

UNSAFE: dict[str, Any] = {
    "booking-repr": {"status": "attended"},
    "noload-instances": {"instances": 1},
    "owners-without-join": ["Anna Holm", "Ben Okafor"],
    "last-customer-option": "user 3",
    "credit-refresh-name": {"credits_left": 7},
    "names-stream-escapes": ["Ten classes", "Trial"],
}
"""What other routes answer once the unsafe fixes are made too."""

FOR_A_PERSON = {
    ("DET203", "legacy/services/instructors.py"): "another strategy changes what callers do",
    ("DET402", "legacy/repositories/base.py"): "a session has to live longer",
    ("DET402", "legacy/services/users.py"): "each task needs a session of its own",
}
"""What is left, and why no edit can be right."""

DYNAMIC_TEXT = ("schedule-page", "notes-updated-at")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[Any]]]:
    """What the routes answer before, after the safe fixes, and after all of them."""
    folder = tmp_path_factory.mktemp("booking")
    shutil.copytree(BACKEND, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    found = {"before": _drive(folder)}
    config = Config(root=folder)
    for name, unsafe in (("safe", False), ("unsafe", True)):
        fixed = fix(["."], config, unsafe=unsafe, cwd=folder)
        assert write_fixes(fixed, ["."], config, cwd=folder) == ()
        assert all(path.startswith("legacy/") for path in fixed.changed)
        found[name] = _drive(folder)
        found[name]["left"] = list(fixed.report.findings)
    again = fix(["."], config, unsafe=True, cwd=folder)
    assert again.changed == {}
    return found


def _drive(folder: Path) -> dict[str, list[Any]]:
    ids = [*MENDED, *ANSWERED_BEFORE, *UNSAFE, *DYNAMIC_TEXT]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(REQUESTS), *ids],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("fault", MENDED)
def test_a_route_that_failed_answers(fault: str, answers: dict[str, dict[str, list[Any]]]) -> None:
    assert answers["before"][fault][0] == "raised"
    status = 409 if fault == "booking-after-rollback" else 200
    assert answers["safe"][fault] == [status, MENDED[fault]]
    assert answers["unsafe"][fault] == answers["safe"][fault]


def test_the_page_and_the_time_stamp_come(answers: dict[str, dict[str, list[Any]]]) -> None:
    assert [answers["before"][fault][0] for fault in DYNAMIC_TEXT] == ["raised", "raised"]
    status, page = answers["safe"]["schedule-page"]
    assert (status, page.count("Mia Berg"), page.count("Noor Haddad")) == (200, 1, 1)
    status, notes = answers["safe"]["notes-updated-at"]
    assert (status, sorted(notes)) == (200, ["id", "updated_at"])


@pytest.mark.parametrize("fault", ANSWERED_BEFORE)
def test_other_answers_stay(fault: str, answers: dict[str, dict[str, list[Any]]]) -> None:
    assert answers["before"][fault] == answers["safe"][fault] == answers["unsafe"][fault]
    assert answers["before"][fault] == [200, ANSWERED_BEFORE[fault]]


@pytest.mark.parametrize("fault", UNSAFE)
def test_unsafe_fixes_change_answers(fault: str, answers: dict[str, dict[str, list[Any]]]) -> None:
    assert answers["safe"][fault] == answers["before"][fault]
    assert answers["unsafe"][fault] == [200, UNSAFE[fault]]


def test_what_is_left_needs_a_person(answers: dict[str, dict[str, list[Any]]]) -> None:
    left: list[Finding] = answers["unsafe"]["left"]
    assert {(finding.code, finding.path) for finding in left} == set(FOR_A_PERSON)
    assert len(left) == len(FOR_A_PERSON)
