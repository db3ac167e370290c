import json

from detachlint.domain.models import (
    AssociationProxy,
    Column,
    Direction,
    Entity,
    Hybrid,
    Inheritance,
    Lazy,
    ModelGraph,
    Relationship,
)
from detachlint.domain.source import Problem, Site
from detachlint.report.graph_dot import render_dot
from detachlint.report.graph_json import render_graph_json
from detachlint.report.graph_mermaid import render_mermaid
from detachlint.report.graph_tree import render_tree

AT = Site("app/models.py", 1)

BOOKINGS = Relationship(
    "bookings", AT, "app.User", "app.Booking", "Booking", Direction.ONE_TO_MANY, True, Lazy.SELECTIN, "user"
)
USER = Relationship(
    "user", AT, "app.Booking", "app.User", "User", Direction.MANY_TO_ONE, False, Lazy.RAISE, "bookings"
)
ROOM = Relationship("room", AT, "app.Booking", None, "Room", Direction.MANY_TO_ONE, False)
TAGS = Relationship(
    "tags", AT, "app.Booking", "app.Tag", "Tag", Direction.MANY_TO_MANY, True, collection="set"
)

GRAPH = ModelGraph(
    {
        "app.User": Entity(
            "app.User",
            "User",
            "app",
            AT,
            "users",
            {
                "id": Column("id", AT, primary_key=True),
                "bio": Column("bio", AT, deferred=True),
                "bookings": BOOKINGS,
                "title": Hybrid("title", AT),
                "rooms": AssociationProxy("rooms", AT, "bookings", "room"),
            },
        ),
        "app.Booking": Entity(
            "app.Booking", "Booking", "app", AT, "bookings", {"user": USER, "room": ROOM, "tags": TAGS}
        ),
        "app.Tag": Entity("app.Tag", "Tag", "app", AT, "tags", {}),
        "app.Admin": Entity(
            "app.Admin", "Admin", "app", AT, None, {"bookings": BOOKINGS}, "app.User", Inheritance.SINGLE
        ),
        "old.Tag": Entity("old.Tag", "Tag", "old", Site("old.py", 1), "old_tags", {}),
    },
    (Problem("app/models.py", 4, "unknown class Room", fatal=False),),
)


def test_tree() -> None:
    assert ["".join(text for text, _ in line).rstrip() for line in render_tree(GRAPH)] == [
        "Admin  is a User (single) · no table · app/models.py",
        "",
        "Booking  bookings · app/models.py",
        "├─ user → User              many-to-one   raise     ↔ bookings",
        "├─ room → Room (not found)  many-to-one   select",
        "└─ tags → set[app.Tag]      many-to-many  select",
        "",
        "User  users · app/models.py",
        "├─ bookings → list[Booking]  one-to-many   selectin  ↔ user",
        "├─ bio  deferred column",
        "├─ title  hybrid property",
        "└─ rooms  association proxy of bookings.room",
        "",
        "app.Tag  tags · app/models.py",
        "",
        "old.Tag  old_tags · old.py",
        "",
        "5 mapped classes, 4 relationships",
    ]


def test_no_models() -> None:
    assert list(render_tree(ModelGraph())) == [(("No mapped classes found.", "path"),)]


def test_mermaid_draws_both_sides_as_one_line() -> None:
    assert list(render_mermaid(GRAPH)) == [
        "erDiagram",
        '    Admin["Admin"]',
        '    Booking["Booking"]',
        '    User["User"]',
        '    app_Tag["app.Tag"]',
        '    old_Tag["old.Tag"]',
        '    Booking }o--o| User : "user / bookings"',
        '    Booking }o--o{ app_Tag : "tags"',
        '    User ||..o| Admin : "is a"',
    ]


def test_dot() -> None:
    lines = list(render_dot(GRAPH))
    assert lines[0] == "digraph models {"
    assert '  "app.Booking" [label="Booking\\nbookings"];' in lines
    assert '  "app.Booking" -> "app.User" [label="user / bookings\\nraise", dir=both, color=red];' in lines
    assert '  "app.Admin" -> "app.User" [arrowhead=empty, style=dashed];' in lines
    assert lines[-1] == "}"


def test_json() -> None:
    document = json.loads(render_graph_json(GRAPH))
    by_name = {entity["qualname"]: entity for entity in document["entities"]}
    assert list(by_name) == ["app.Admin", "app.Booking", "app.User", "app.Tag", "old.Tag"]
    assert by_name["app.Booking"]["relationships"][0] == {
        "name": "user",
        "owner": "app.Booking",
        "target": "app.User",
        "target_name": "User",
        "direction": "many-to-one",
        "uselist": False,
        "lazy": "raise",
        "reverse": "bookings",
        "secondary": None,
        "cascade": ["merge", "save-update"],
        "viewonly": False,
    }
    assert [column["name"] for column in by_name["app.User"]["columns"]] == ["id", "bio"]
    assert by_name["app.User"]["other"] == [
        {"name": "title", "kind": "Hybrid"},
        {"name": "rooms", "kind": "AssociationProxy"},
    ]
    assert document["errors"] == [
        {"path": "app/models.py", "line": 4, "message": "unknown class Room", "fatal": False}
    ]
