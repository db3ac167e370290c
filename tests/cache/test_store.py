"""Entries in a folder that others use, damage and delete."""

import os
from pathlib import Path

import pytest

from detachlint.cache import Store, open_store
from detachlint.cache.store import FOLDER_VARIABLE, folder_of
from detachlint.config import Config

KEY = "ab" * 20
OTHER = "cd" * 20


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and len(path.name) == len(KEY) - 2)


def test_what_was_put_is_there_for_the_next_run(tmp_path: Path) -> None:
    Store(tmp_path / "new" / "folder").put(KEY, b"data")
    assert Store(tmp_path / "new" / "folder").get(KEY) == b"data"
    assert Store(tmp_path / "new" / "folder").get(OTHER) is None


def test_nothing_but_whole_entries_is_left_in_the_folder(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(KEY, b"first")
    store.put(KEY, b"again")
    assert store.get(KEY) == b"again"
    assert len(entries(tmp_path)) == 1
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("damage", [b"", b"x", bytes(64)])
def test_a_damaged_entry_is_none_and_can_be_put_again(tmp_path: Path, damage: bytes) -> None:
    store = Store(tmp_path)
    store.put(KEY, b"data")
    (entry,) = entries(tmp_path)
    entry.write_bytes(damage)
    assert store.get(KEY) is None
    store.put(KEY, b"data")
    assert store.get(KEY) == b"data"


def test_one_flipped_bit_is_noticed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(KEY, b"data")
    (entry,) = entries(tmp_path)
    content = entry.read_bytes()
    entry.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert store.get(KEY) is None


def test_the_folder_may_go_while_it_is_in_use(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(KEY, b"data")
    Store(tmp_path).clear()
    assert store.get(KEY) is None
    store.put(OTHER, b"more")
    assert store.get(OTHER) == b"more"


def test_a_folder_that_cannot_be_made_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = Store(tmp_path / "file" / "cache")
    store.put(KEY, b"data")
    assert store.get(KEY) is None
    store.prune(0)
    store.clear()


def test_clearing_takes_what_is_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\n")
    store = Store(tmp_path)
    store.put(KEY, b"data")
    store.clear()
    assert entries(tmp_path) == []
    assert (tmp_path / "mine.py").exists()


def test_backups_and_git_leave_it_out(tmp_path: Path) -> None:
    Store(tmp_path).put(KEY, b"data")
    assert (tmp_path / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (tmp_path / ".gitignore").read_text() == "*\n"


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keys = [f"{number:02x}" * 20 for number in range(8)]
    for age, key in enumerate(keys):
        store.put(key, bytes(1000))
        os.utime(next(p for p in entries(tmp_path) if p.parent.name + p.name == key), (0, 1_000_000 + age))
    assert store.get(keys[0]) is not None  # which makes it the one that was used last
    store.prune(limit=6000)
    assert [store.get(key) is not None for key in keys] == [
        True,
        False,
        False,
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_run_that_wrote_nothing_deletes_nothing(tmp_path: Path) -> None:
    Store(tmp_path).put(KEY, b"data")
    Store(tmp_path).prune(limit=0)
    assert Store(tmp_path).get(KEY) == b"data"


def test_which_folder_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "environment"))
    assert folder_of(Config(cache_dir=tmp_path / "option")) == tmp_path / "option"
    assert folder_of(Config()) == tmp_path / "environment"
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert folder_of(Config()).name == "detachlint"
    assert open_store(Config(cache=False)) is None
