import json

from detachlint import __version__
from detachlint.report.concise import render_concise
from detachlint.report.json import render_json
from detachlint.report.problems import render_problems
from tests.report.sample import REPORT


def test_concise() -> None:
    assert list(render_concise(REPORT)) == [
        "service.py:2:5: DET403 Commit expires all attributes.",
        "service.py:3:12: DET101 Booking.user is read, and nothing has loaded it: "
        "the lazy load raises MissingGreenlet under an async session.",
    ]


def test_problems_are_single_lines() -> None:
    assert list(render_problems(REPORT.problems)) == [
        "bad.py:7: error: is not UTF-8",
        "docs:1: warning: no Python files found",
    ]


def test_json() -> None:
    document = json.loads(render_json(REPORT))
    assert list(document) == ["version", "findings", "errors", "statistics"]
    assert document["version"] == __version__
    factory, lost = document["findings"]
    assert lost == {
        "code": "DET101",
        "name": "async-lazy-load",
        "message": "Booking.user is read, and nothing has loaded it: "
        "the lazy load raises MissingGreenlet under an async session.",
        "help": "Load it with the query: session.get(Booking, id, options=[joinedload(Booking.user)])",
        "path": "service.py",
        "line": 3,
        "column": 12,
        "end_line": 3,
        "end_column": 24,
        "severity": "error",
        "entity": "Booking",
        "relationship": "user",
        "chain": "booking.user.name",
        "error": "MissingGreenlet",
        "reason": None,
        "origin": {"path": "repository.py", "line": 2, "column": 18},
        "trace": [
            {
                "path": "repository.py",
                "line": 2,
                "column": 18,
                "message": "Booking is loaded here, without an option for user",
            },
            {"path": "service.py", "line": 2, "column": 21, "message": "get() returns it"},
        ],
        "also": [
            {
                "code": "DET102",
                "error": "DetachedInstanceError",
                "origin": {"path": "repository.py", "line": 1, "column": 11},
                "trace": [
                    {"path": "repository.py", "line": 1, "column": 11, "message": "Booking is queried here"}
                ],
            }
        ],
        "fix": None,
        "unfixed": None,
    }
    assert (factory["entity"], factory["error"], factory["trace"]) == (None, None, [])
    assert factory["fix"]["edits"] == [{"path": "service.py", "start": 3, "end": 4, "text": "é"}]
    assert document["errors"][0] == {"path": "bad.py", "line": 7, "message": "is not\n UTF-8", "fatal": True}
    assert document["statistics"] == {
        "files": 2,
        "functions": 1234,
        "unknown": {"too deep": 11, "unknown callee": 3},
    }
