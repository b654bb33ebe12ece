"""uuids.csv: a record that programs append to and people edit."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import RECORD_COLUMNS
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.record import (
    TYPE_NAMES,
    Record,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.row import (
    Row,
    format_row,
    guard,
    unguard,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

HEADER_LINE = '"Resource Type","Resource Name","Old","New"\n'
ROW = Row("network", "web", "old-1", "new-1")
OTHER = Row("volume", "data", "old-2", "new-2")

# Ids as a cloud may give them; keypairs' ids are names.
ids = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1).filter(
    lambda text: text == text.strip()
)
rows = st.builds(Row, st.sampled_from(TYPE_NAMES), st.text(), ids, ids)
one_file_per_test = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def make_record(tmp_path: Path, text: str | bytes | None = None) -> Record:
    """Return a record, of a file with this text if there is one."""
    path = tmp_path / "uuids.csv"
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Record(path)


@one_file_per_test
@example([Row("keypair", "=cmd()\n", "=a\"b,c'", "'=x")])
@example([Row("image", "\ud800\u202e\x1b[31m", "'", "''")])
@given(written=st.lists(rows, max_size=5, unique_by=lambda row: (row.type_name, row.old_id)))
def test_rows_of_any_text_come_back(tmp_path: Path, written: list[Row]) -> None:
    """Whatever names and ids hold, reading gives what was written, and one row is one line."""
    record = make_record(tmp_path)
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


def test_new_file_is_private_and_has_the_header(tmp_path: Path) -> None:
    """The first row makes the file, readable for its owner only."""
    record = make_record(tmp_path)
    assert record.find_new_id("network", "old-1") is None
    record.write_row(ROW)
    assert record.path.read_text() == HEADER_LINE + '"network","web","old-1","new-1"\n'
    assert stat.S_IMODE(record.path.stat().st_mode) == 0o600


def test_same_old_id_of_two_types_is_two_rows(tmp_path: Path) -> None:
    """A row is found by type and old id together."""
    record = make_record(tmp_path)
    record.write_row(ROW)
    record.write_row(Row("port", "", "old-1", "new-9"))
    assert record.find_new_id("network", "old-1") == "new-1"
    assert record.find_new_id("port", "old-1") == "new-9"


@pytest.mark.parametrize(
    "text",
    [
        HEADER_LINE.replace("\n", "\r\n") + '"network","web","old-1","new-1"\r\n',
        "\ufeff" + HEADER_LINE + "network,web,old-1,new-1\n",
        HEADER_LINE + "\n\n" + '"network" , "web" , "old-1" , "new-1" \n\n,,,\n',
        HEADER_LINE + "Network, web, old-1, new-1",
        "network,web,old-1,new-1\n",
        HEADER_LINE + '"network","two\nlines","old-1","new-1"\n',
        HEADER_LINE + "network,web,old-1,new-1\nnetwork,web,old-1,new-1\n",
    ],
    ids=["crlf", "bom", "blanks", "no end", "no header", "two lines", "twice the same"],
)
def test_files_edited_by_hand_are_read(tmp_path: Path, text: str) -> None:
    """What spreadsheets and editors do to the file does not matter, also when a row is appended."""
    record = make_record(tmp_path, text)
    assert record.find_new_id("network", "old-1") == "new-1"
    record.write_row(OTHER)
    assert record.find_new_id("network", "old-1") == "new-1"
    assert record.find_new_id("volume", "old-2") == "new-2"
    assert record.path.read_bytes().startswith(text.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER_LINE + "network,web,old-1\n", "line 2: 3 columns instead of 4"),
        (HEADER_LINE + "network;web;old-1;new-1\n", "line 2: 1 columns instead of 4"),
        (HEADER_LINE + "net\x1bwork,web,a,b\n", r"line 2: unknown resource type 'net\x1bwork'"),
        (HEADER_LINE + "\nnetwork,web,old-1,\n", "line 3: the column New is empty"),
        (HEADER_LINE + "network,web, ,new\n", "line 2: the column Old is empty"),
        (
            HEADER_LINE + "network,a,old-1,new-1\nnetwork,b,old-1,new-2\n",
            "line 3: network old-1 is already new-1 in a line above",
        ),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_bad_files_are_refused_with_file_and_line(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    """A mistake made by hand is named with its place, and nothing is written."""
    record = make_record(tmp_path, text)
    before = record.path.read_bytes()
    with pytest.raises(TaskError, match=r"uuids\.csv") as caught:
        record.read_rows()
    assert said in str(caught.value)
    with pytest.raises(TaskError):
        record.write_row(OTHER)
    assert record.path.read_bytes() == before


@pytest.mark.parametrize("cut", range(1, len(format_row(ROW))))
def test_a_row_cut_by_a_crash_counts_as_absent(tmp_path: Path, cut: int) -> None:
    """Wherever a crash cut the last line, the file stays usable and the row is written again."""
    line = format_row(ROW)
    record = make_record(tmp_path, HEADER_LINE + format_row(OTHER) + line[:-cut])
    assert record.find_new_id("network", "old-1") == (None if cut > 1 else "new-1")
    record.write_row(ROW)
    assert record.path.read_text() == HEADER_LINE + format_row(OTHER) + line.rstrip(
        "\n" if cut == 1 else ""
    )


def test_a_cut_row_after_a_byte_order_mark_is_removed_cleanly(tmp_path: Path) -> None:
    """The mark's bytes are counted when the rest of a cut line is taken away."""
    record = make_record(tmp_path, "\ufeff" + HEADER_LINE + '"network","ä')
    record.write_row(ROW)
    assert record.read_rows() == [ROW]
    assert record.path.read_bytes() == ("\ufeff" + HEADER_LINE + format_row(ROW)).encode()


def test_a_cut_header_is_replaced(tmp_path: Path) -> None:
    """A crash while the very first line was written does no harm."""
    record = make_record(tmp_path, '"Resource Type","Reso')
    record.write_row(ROW)
    assert record.path.read_text() == HEADER_LINE + format_row(ROW)


def test_a_row_of_a_vanished_object_is_replaced_in_its_place(tmp_path: Path) -> None:
    """Other rows stay as they are, byte for byte, also those that a person wrote."""
    record = make_record(
        tmp_path, HEADER_LINE + 'network,"two\nlines",old-1,gone\nvolume , data,old-2,new-2\n'
    )
    record.write_row(ROW)
    assert record.path.read_text() == (
        HEADER_LINE + format_row(ROW) + "volume , data,old-2,new-2\n"
    )
    assert stat.S_IMODE(record.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["uuids.csv"]


def test_writing_the_same_row_again_changes_nothing(tmp_path: Path) -> None:
    """One row per old id."""
    record = make_record(tmp_path)
    record.write_row(ROW)
    record.write_row(ROW)
    assert record.read_rows() == [ROW]


@pytest.mark.parametrize("new_id", ["", " ", "a\nb"])
def test_what_is_no_id_is_refused(tmp_path: Path, new_id: str) -> None:
    """An answer without a proper id cannot spoil the file."""
    record = make_record(tmp_path)
    with pytest.raises(TaskError, match="no id"):
        record.write_row(Row("network", "web", "old-1", new_id))
    assert not record.path.exists()


def test_a_file_that_cannot_be_written_names_the_row(tmp_path: Path) -> None:
    """If the disk is read only or full, the message holds the row that is missing."""
    record = Record(tmp_path / "missing directory" / "uuids.csv")
    with pytest.raises(TaskError) as caught:
        record.write_row(ROW)
    assert '"network","web","old-1","new-1"' in str(caught.value)
