"""Any text survives in uuids.csv, whatever it would like to be there."""

from __future__ import annotations

import csv
from pathlib import Path

from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import RECORD_COLUMNS
from ansible_collections.downpour.cloud.plugins.plugin_utils.record import TYPE_NAMES, Record
from ansible_collections.downpour.cloud.plugins.plugin_utils.row import (
    Row,
    format_row,
    guard,
    unguard,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

# Ids as a cloud may give them; keypairs' ids are names.
ids = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1).filter(
    lambda text: text == text.strip()
)
rows = st.builds(Row, st.sampled_from(TYPE_NAMES), st.text(), ids, ids)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([Row("keypair", "=cmd()\n", "=a\"b,c'", "'=x")])
@example([Row("image", "\ud800\u202e\x1b[31m", "'", "''")])
@given(written=st.lists(rows, max_size=5, unique_by=lambda row: (row.type_name, row.old_id)))
def test_rows_of_any_text_come_back(tmp_path: Path, written: list[Row]) -> None:
    """Whatever names and ids hold, reading gives what was written, and one row is one line."""
    record = Record(tmp_path / "uuids.csv")
    record.path.unlink(missing_ok=True)
    for row in written:
        record.write_row(row)
    assert record.read_rows() == [
        Row(row.type_name, escape_controls(row.name), row.old_id, row.new_id) for row in written
    ]
    if written:
        lines = record.path.read_bytes().decode("utf-8").split("\n")
        assert len(lines) == len(written) + 2
        assert "\r" not in record.path.read_bytes().decode("utf-8")


@given(cell=st.text())
def test_guard_is_undone_exactly(cell: str) -> None:
    """No cell begins a formula, and unguard() gives back the very cell."""
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(guard(cell)) == cell


@given(row=rows)
def test_a_row_is_plain_csv(row: Row) -> None:
    """Other programs read a row as four cells on one line."""
    line = format_row(row)
    assert line.count("\n") == 1
    assert len(next(csv.reader([line]))) == len(RECORD_COLUMNS)
