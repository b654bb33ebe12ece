"""One row of uuids.csv, and its form as text."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


@dataclass(frozen=True)
class Row:
    """One row: the type's name, the resource's name (a label only), the id in each cloud."""

    type_name: str
    name: str
    old_id: str
    new_id: str


def guard(cell: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula."""
    return "'" + cell if cell.startswith(_FORMULA_STARTS) else cell


def unguard(cell: str) -> str:
    """Undo guard(); a cell that guard() cannot have written comes back as it is."""
    if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS):
        return cell[1:]
    return cell


def format_row(row: Row) -> str:
    """Return the row as one line of the file, with its end."""
    return format_cells((row.type_name, escape_controls(row.name), row.old_id, row.new_id))


def format_cells(cells: tuple[str, ...]) -> str:
    """Return the cells as one line, all quoted, with its end."""
    return ",".join('"' + guard(cell).replace('"', '""') + '"' for cell in cells) + "\n"
