"""The documentation names what there is."""

import configparser
import re
from pathlib import Path

from downpour import errors
from downpour.selection import SECTIONS

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = CHECKOUT / "doc" / "source"
# The collection's plugins that follow from the declarations.
WRITTEN_BY_A_COMMAND = ("action", "modules")


def read_page(name: str) -> str:
    """The source text of a page of the documentation."""
    return (PAGES / f"{name}.rst").read_text(encoding="utf-8")


def read_settings(name: str) -> configparser.ConfigParser:
    """A file of the checkout that is written as ``key = value`` below ``[section]``."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(CHECKOUT / name, encoding="utf-8")
    return settings


def test_every_command_is_in_the_tutorial() -> None:
    """Each command that is installed is shown at work in the four steps."""
    entry_points = read_settings("setup.cfg")["options.entry_points"]["downpour.commands"]
    names = [line.partition("=")[0].strip() for line in entry_points.split("\n") if line]
    assert len(names) >= 4
    for name in names:
        assert re.search(rf"^ +downpour (--\S+ \S+ )*{name}\b", read_page("usage"), re.MULTILINE), (
            f"usage.rst does not show downpour {name}"
        )


def test_every_environment_is_explained() -> None:
    """Each environment of tox is explained to contributors."""
    sections = read_settings("tox.ini").sections()
    names = [section.partition(":")[2] for section in sections if section.startswith("testenv:")]
    assert {"newest", "lowest", "lint", "docs", "demo", "bench"} <= set(names)
    for name in names:
        assert f"\n``{name}``\n" in read_page("contributing"), f"contributing.rst: no {name}"


def test_every_exit_status_is_explained() -> None:
    """Each exit status of the code is in the table of the tutorial, and no other."""
    statuses = {
        value
        for name, value in vars(errors).items()
        if name.isupper() and isinstance(value, int) and not isinstance(value, bool)
    }
    explained = {int(status) for status in re.findall(r"\* - (\d+)\n", read_page("usage"))}
    assert explained == statuses


def test_every_section_is_explained() -> None:
    """Each section of a resource file is named on the page of its format."""
    for section in SECTIONS:
        assert f"``{section}``" in read_page("resource_file")


def test_every_part_is_on_the_map() -> None:
    """Each module and package at the top of downpour is on the page that maps the source."""
    for path in sorted((CHECKOUT / "downpour").iterdir()):
        is_package = path.is_dir() and any(path.rglob("*.py"))
        if is_package or (path.suffix == ".py" and not path.stem.startswith("__")):
            name = f"{path.name}/" if is_package else path.stem
            assert f"``{name}``" in read_page("architecture"), f"architecture.rst: no {name}"


def test_the_worked_example_is_true() -> None:
    """The page that tells how to add a type lists the very files that know of its example."""
    page = read_page("contributing")
    page = page[page.index("Adding a resource type") : page.index("Then the rest is written")]
    listed = set(re.findall(r"^``(downpour/\S+)``$", page, re.MULTILINE))
    known = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "downpour").rglob("*.py")
        if re.search(r"\bFLOATING_IPS?\b|\"floating ip\"", path.read_text(encoding="utf-8"))
        and path.parent.name not in WRITTEN_BY_A_COMMAND
    }
    assert listed == known
