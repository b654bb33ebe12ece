"""The collection's files that are written from its declarations are what these say today.

``pytest tests/golden/test_collection.py --update-golden`` writes them; review with ``git diff``.
"""

from __future__ import annotations

from pathlib import Path

from ansible_collections.downpour.cloud.plugins.plugin_utils import types

from tests.golden.collection import generate_files

COLLECTION = Path(types.__file__).parents[3]


def list_generated_folders() -> set[str]:
    """Return the files of the folders in which everything is written."""
    return {
        path.relative_to(COLLECTION).as_posix()
        for folder in ("action", "modules")
        for path in (COLLECTION / "plugins" / folder).glob("*.py")
    }


def test_the_collection_is_what_it_declares(is_updating: bool) -> None:
    """Stubs, documentation, action group and README follow from the declarations."""
    files = generate_files(types.MODULES, (COLLECTION / "README.md").read_text("utf-8"))
    if is_updating:
        for path in list_generated_folders() - set(files):
            (COLLECTION / path).unlink()
        for path, text in files.items():
            (COLLECTION / path).write_text(text, "utf-8")
    assert list_generated_folders() <= set(files)
    for path, text in files.items():
        written = COLLECTION / path
        assert written.is_file(), f"{path} is missing: see the top of this file"
        assert written.read_text("utf-8") == text, f"{path}: see the top of this file"


def test_no_line_is_too_long() -> None:
    """What people read in the files fits a terminal, like the rest of the code."""
    files = generate_files(types.MODULES, (COLLECTION / "README.md").read_text("utf-8"))
    for path, text in files.items():
        if path != "README.md":
            assert max(map(len, text.splitlines())) <= 100, path
