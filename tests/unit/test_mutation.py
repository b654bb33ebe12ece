"""The faults that ``tests/mutation.py`` makes are valid, different, and undone."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from tests import mutation
from tests.mutation import choose_faults, list_faults, try_fault

SOURCE = '''\
"""Words; a call() here is none."""
if TYPE_CHECKING:
    import_nothing()


def decide(ä: list[int], limit: int) -> int:
    """Words."""
    log.debug("words")
    assert limit > 0
    ä.append(f"{limit == 1}")
    if "ö" in ä:
        raise ValueError
    while limit < 7 or not ä:
        limit = limit if ä else 8
    return limit


def walk():
    yield [part for part in 'ü' if part]
    return None


class Named:
    def __repr__(self):
        return "words"
'''
EXPECTED = [
    (10, 'ä.append(f"{limit == 1}")', "pass"),
    (11, '"ö" in ä', "('ö' not in ä)"),
    (12, "raise ValueError", "pass"),
    (13, "limit < 7", "(limit <= 7)"),
    (13, "limit < 7 or not ä", "(limit < 7 and (not ä))"),
    (13, "limit < 7 or not ä", "(not (limit < 7 or not ä))"),
    (14, "ä", "(not (ä))"),
    (15, "limit", "None"),
    (19, "yield [part for part in 'ü' if part]", "(yield from ())"),
    (19, "part", "(not (part))"),
]


def test_every_kind_of_fault_is_found() -> None:
    """Each place is found once, with its line; what is documented as left out is."""
    assert [(fault.line, fault.old, fault.new) for fault in list_faults(SOURCE)] == EXPECTED


def test_a_fault_changes_one_place() -> None:
    """The source stays valid and means something else; all around the place is as it was."""
    plain = ast.dump(ast.parse(SOURCE))
    for fault in list_faults(SOURCE):
        changed = fault.apply(SOURCE)
        assert ast.dump(ast.parse(changed)) != plain
        begin = len(SOURCE.encode()[: fault.begin].decode())
        assert changed == SOURCE[:begin] + fault.new + SOURCE[begin + len(fault.old) :]


@pytest.mark.parametrize(
    ("comparison", "turned"),
    [
        ("a < b", ["(a <= b)"]),
        ("a >= b", ["(a > b)"]),
        ("a == b", ["(a != b)"]),
        ("a is not b", ["(a is b)"]),
        ("a < b in c", ["(a < b not in c)", "(a <= b in c)"]),
    ],
)
def test_comparisons_are_turned_one_by_one(comparison: str, turned: list[str]) -> None:
    """Also in a chain, where one of them is turned at a time."""
    assert [fault.new for fault in list_faults(f"x = {comparison}\n")] == turned


def test_the_seed_decides(tmp_path: Path) -> None:
    """The same seed draws the same faults of the package, none twice, none in written files."""
    names = ["a.py", "b/c.py", "b/plugins/modules/d.py", "b/plugins/action/e.py", "f.j2"]
    for path in (tmp_path / "downpour" / name for name in names):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOURCE, encoding="utf-8")
    every = choose_faults(tmp_path, 10**6, seed=1)
    assert len(set(every)) == len(every) == 2 * len(EXPECTED)
    assert {path.as_posix() for path, _ in every} == {"downpour/a.py", "downpour/b/c.py"}
    few = choose_faults(tmp_path, 5, seed=7)
    assert len(few) == 5
    assert few == choose_faults(tmp_path, 5, seed=7)
    assert few != choose_faults(tmp_path, 5, seed=8)


def test_a_fault_is_taken_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the tests run the fault is in the file, with a time of its own; afterwards it is not.

    Python takes compiled code for that of a source whose time and size are the same.
    """
    file = tmp_path / "module.py"
    file.write_text(SOURCE, encoding="utf-8")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    seen = []

    def look(copy: Path, limit_seconds: float | None = None) -> str:
        seen.append((file.read_text(encoding="utf-8"), int(file.stat().st_mtime)))
        return mutation.PASSED

    monkeypatch.setattr(mutation, "run_tests", look)
    faults = list_faults(SOURCE)
    for fault in faults:
        assert try_fault(tmp_path, Path("module.py"), fault, 1.0) == mutation.PASSED
    assert [text for text, _ in seen] == [fault.apply(SOURCE) for fault in faults]
    assert 1_000_000_000 not in [seconds for _, seconds in seen]
    assert file.read_text(encoding="utf-8") == SOURCE
    assert file.stat().st_mtime == 1_000_000_000
