import pytest

from detachlint.testing import Program

TWO_FILES = """\
# file: main.py
from app.models import User

def main(): ...
# file: app/models.py
class User: ...
"""


def test_text_without_a_header_is_main() -> None:
    assert Program.parse("def main(): ...\n").files == {"main.py": "def main(): ...\n"}


def test_files_start_after_their_header() -> None:
    assert Program.parse(TWO_FILES).files == {
        "main.py": "from app.models import User\n\ndef main(): ...\n",
        "app/models.py": "class User: ...\n",
    }


@pytest.mark.parametrize(
    "text", [TWO_FILES, "def main(): ...\n", "# file: empty.py\n# file: main.py\nx = 1\n"]
)
def test_text_is_read_back(text: str) -> None:
    program = Program.parse(text)
    assert program.text() == text
    assert Program.parse(program.text()) == program


def test_a_header_in_the_only_file_is_kept_by_a_header() -> None:
    program = Program({"main.py": "x = '''\n# file: no.py\n'''"})
    assert program.text().startswith("# file: main.py\n")


def test_text_before_the_first_header_is_refused() -> None:
    with pytest.raises(ValueError, match="must start with one"):
        Program.parse("import os\n# file: main.py\n")


def test_a_path_cannot_occur_twice() -> None:
    with pytest.raises(ValueError, match=r"two files named a\.py"):
        Program.parse("# file: a.py\n# file: a.py\n")
