"""The graph of each text of ``corpus/`` equals what SQLAlchemy makes of the very same text."""

from pathlib import Path

import pytest

from detachlint.models.build import build
from tests.models import description, model_text

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.txt"))


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) >= 25


@pytest.mark.parametrize("file", CORPUS, ids=[file.stem for file in CORPUS])
def test_graph_is_what_sqlalchemy_says(file: Path, tmp_path: Path) -> None:
    files = model_text.split(file.read_text(encoding="utf-8"))
    graph = build(model_text.program(files))
    with model_text.imported(tmp_path, files) as modules:
        expected = description.of_sqlalchemy(modules)
    assert expected, "the text maps nothing"
    found = description.of_graph(graph)
    assert found.keys() == expected.keys()
    for name, entity in expected.items():
        assert found[name] == entity, name
    assert graph.problems == ()
