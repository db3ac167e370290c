import json

import pytest

from tests.cli.project import detachlint

pytestmark = pytest.mark.usefixtures("safe")


def test_tree() -> None:
    result = detachlint("graph", "app")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "Booking  bookings · app/models.py\n"
        "└─ user → User  many-to-one   select    ↔ bookings\n"
        "\n"
        "User  users · app/models.py\n"
        "└─ bookings → list[Booking]  one-to-many   select    ↔ user\n"
        "\n"
        "2 mapped classes, 2 relationships\n"
    )


def test_json() -> None:
    document = json.loads(detachlint("graph", "--format", "json").stdout)
    assert [entity["qualname"] for entity in document["entities"]] == [
        "app.models.Booking",
        "app.models.User",
    ]


@pytest.mark.parametrize(
    ("graph_format", "line"),
    [
        ("mermaid", '    Booking }o--o| User : "user / bookings"'),
        ("dot", '  "app.models.Booking" -> "app.models.User" [label="user / bookings\\nselect", dir=both];'),
    ],
)
def test_drawings(graph_format: str, line: str) -> None:
    assert line in detachlint("graph", "app", "--format", graph_format).stdout.splitlines()


def test_a_path_that_is_not_there() -> None:
    result = detachlint("graph", "nowhere")
    assert result.exit_code == 2
    assert result.stderr == "nowhere:1: error: no such file or folder\n"
