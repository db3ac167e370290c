"""The graph of each text of ``corpus/`` equals what SQLAlchemy makes of the very same text."""

from pathlib import Path

import pytest
import sqlalchemy

from detachlint.models.build import build
from tests.models import description, model_text

BOOKING = Path(__file__).parents[2] / "fixtures" / "booking"
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.txt"))


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) >= 35


@pytest.mark.parametrize("file", CORPUS, ids=[file.stem for file in CORPUS])
def test_graph_is_what_sqlalchemy_says(file: Path, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if text.startswith("# needs SQLAlchemy 2.1") and sqlalchemy.__version__.startswith("2.0"):
        pytest.skip("the text uses what SQLAlchemy 2.1 brought")
    files = model_text.split(text)
    graph = build(model_text.program(files))
    with model_text.imported(tmp_path, files) as modules:
        expected = description.of_sqlalchemy(modules)
    assert expected, "the text maps nothing"
    found = description.of_graph(graph)
    assert found.keys() == expected.keys()
    for name, entity in expected.items():
        assert found[name] == entity, name
    assert graph.problems == ()


def test_models_of_the_booking_backend() -> None:
    sources = {
        path.relative_to(BOOKING).as_posix(): path.read_text(encoding="utf-8")
        for package in ("app", "legacy")
        for path in sorted((BOOKING / package).rglob("*.py"))
    }
    found = description.of_graph(build(model_text.program(sources)))
    with model_text.importable(BOOKING, ["app.models", "legacy.models"]) as modules:
        assert found == description.of_sqlalchemy(modules)
