"""From patterns to entries of a resource file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from downpour.errors import UsageError
from downpour.query import Search, add_found, find_resources
from downpour.resources import SELECTORS
from downpour.resources.model import Resource
from downpour.selection import read_selection
from tests.unit.tenant import OTHER_PROJECT, Tenant


def make_query(
    *,
    everything: bool = False,
    is_state_saved: bool = True,
    include_borrowable: bool = False,
    **patterns: Sequence[str],
) -> Search:
    """Return a query; the options are named with underscores."""
    return Search(
        {option: patterns.get(option.replace("-", "_"), []) for option in SELECTORS},
        everything,
        is_state_saved,
        include_borrowable,
    )


def find_ids(tenant: Tenant, query: Search) -> list[str]:
    """Return the ids of what a query finds."""
    return [resource.id for resource in find_resources(query, tenant.inventory())[0]]


def add(tenant: Tenant, path: Path, query: Search) -> int:
    """Run a query and add what it finds."""
    inventory = tenant.inventory()
    return add_found(path, find_resources(query, inventory)[0], query, inventory)


@pytest.mark.parametrize("type_name", ["server", "image", "volume", "keypair"])
def test_each_selector_selects_its_type(type_name: str) -> None:
    """A name pattern matches resources of its type only, and by the whole name."""
    tenant = Tenant()
    for other in ("server", "image", "volume", "keypair"):
        tenant.add(other, "web-1")
        tenant.add(other, "my-web-1")
    patterns: dict[str, Any] = {f"{type_name}_name": ["web-*"]}
    query = make_query(**patterns)
    found, unmatched = find_resources(query, tenant.inventory())
    assert [(resource.type, resource.name) for resource in found] == [(type_name, "web-1")]
    assert unmatched == []


def test_several_patterns_are_added_up() -> None:
    """Every option may come several times; what matches two of them is found once."""
    tenant = Tenant()
    ids = [tenant.add("volume", name) for name in ("a", "b", "c")]
    query = make_query(volume_name=["a", "[ab]", "b", "no-such"], server_name=["x"])
    found, unmatched = find_resources(query, tenant.inventory())
    assert [resource.id for resource in found] == ids[:2]
    assert unmatched == [("server-name", "x"), ("volume-name", "no-such")]


@pytest.mark.parametrize(
    "flavor",
    [
        {"original_name": "m1.tiny", "disk": 1},
        {"original_name": "m1.tiny", "id": "m1.tiny", "name": "m1.tiny"},
        {"id": "flavor-id"},
        {"name": "m1.tiny"},
    ],
    ids=["API 2.47", "API 2.47 by the SDK", "before 2.47", "name only"],
)
@pytest.mark.parametrize("pattern", ["m1.tiny", "flavor-id", "m1.*", "flavor-*"])
def test_flavors_by_name_and_by_id(flavor: dict[str, object], pattern: str) -> None:
    """A flavor is found by its name and by its id, whichever of them the server tells."""
    tenant = Tenant()
    tenant.listings["compute.flavors"] += [
        {"id": "flavor-id", "name": "m1.tiny"},
        {"id": "other-id", "name": "m2.large"},
    ]
    server = tenant.add("server", "web", flavor=flavor)
    tenant.add("server", "big", flavor={"original_name": "m2.large"})
    assert find_ids(tenant, make_query(server_flavor=[pattern])) == [server]


def test_a_flavor_that_is_gone() -> None:
    """A server of a flavor that was deleted is still found by what it tells itself."""
    tenant = Tenant()
    server = tenant.add("server", "old", flavor={"original_name": "retired"})
    assert find_ids(tenant, make_query(server_flavor=["retired"])) == [server]
    assert find_ids(tenant, make_query(server_flavor=["*-id"])) == []


def test_all() -> None:
    """``--all`` finds everything of the project, servers first, and nothing of others."""
    tenant = Tenant()
    volume, image = tenant.add("volume", "v"), tenant.add("image", "i")
    tenant.add("keypair", "k")
    server = tenant.add("server", "s")
    tenant.add("image", "public", owner=OTHER_PROJECT, visibility="public")
    tenant.add("network", "n")
    assert find_ids(tenant, make_query(everything=True)) == [server, "k", image, volume]


def test_shared_images_only_if_asked_for() -> None:
    """Images of other projects match with ``--shared-images`` only."""
    tenant = Tenant()
    own = tenant.add("image", "base")
    other = tenant.add("image", "base2", owner=OTHER_PROJECT, visibility="public")
    assert find_ids(tenant, make_query(image_name=["base*"])) == [own]
    assert find_ids(tenant, make_query(image_name=["base*"], include_borrowable=True)) == [
        own,
        other,
    ]


def test_nothing_found() -> None:
    """A pattern without a match is told."""
    found, unmatched = find_resources(make_query(server_name=["a"]), Tenant().inventory())
    assert (found, unmatched) == ([], [("server-name", "a")])


def test_nothing_is_added_twice(tmp_path: Path) -> None:
    """What the file names already, by name or by id, is not added; the rest is."""
    tenant = Tenant()
    server = tenant.add("server", "web")
    tenant.add("volume", "data")
    path = tmp_path / "resources.yml"
    path.write_text(f"servers:\n  - id: {server}\nvolumes:\n  - name: data\n")
    before = path.read_text()
    assert add(tenant, path, make_query(everything=True)) == 0
    assert path.read_text() == before
    tenant.add("volume", "more")
    assert add(tenant, path, make_query(everything=True)) == 1
    assert add(tenant, path, make_query(everything=True)) == 0
    assert path.read_text() == before + "  - name: more\n"


def test_twins_and_the_unnamed_are_added_by_id(tmp_path: Path) -> None:
    """What a name does not tell apart is added by id, so that the file can be used as it is."""
    tenant = Tenant()
    twins = [tenant.add("volume", "twin") for _ in range(2)]
    unnamed = tenant.add("volume")
    tenant.add("volume", "data")
    path = tmp_path / "resources.yml"
    assert add(tenant, path, make_query(everything=True)) == 4
    entries = read_selection(path).entries
    assert [(entry.name, entry.id) for entry in entries] == [
        (None, unnamed),
        ("data", None),
        (None, twins[0]),
        (None, twins[1]),
    ]
    assert add(tenant, path, make_query(everything=True)) == 0


def test_an_ambiguous_entry_does_not_hide_the_twins(tmp_path: Path) -> None:
    """An entry that names nothing clearly does not count as having named the twins."""
    tenant = Tenant()
    for _ in range(2):
        tenant.add("volume", "twin")
    path = tmp_path / "resources.yml"
    path.write_text("volumes:\n  - name: twin\n")
    assert add(tenant, path, make_query(volume_name=["twin"])) == 2


def test_an_image_of_the_name_of_a_public_one(tmp_path: Path) -> None:
    """A name that the project's image shares with a public one still finds what was meant."""
    tenant = Tenant()
    tenant.add("image", "base", owner=OTHER_PROJECT, visibility="public")
    own = tenant.add("image", "base")
    path = tmp_path / "resources.yml"
    assert add(tenant, path, make_query(image_name=["base"])) == 1
    (entry,) = read_selection(path).entries
    assert entry.id == own


@pytest.mark.parametrize("is_state_saved", [True, False])
def test_save_state(tmp_path: Path, is_state_saved: bool) -> None:
    """``--no-save-state`` is written where the type has such a setting, and only then."""
    tenant = Tenant()
    for type_name in ("server", "volume", "image", "keypair"):
        tenant.add(type_name, "x")
    path = tmp_path / "resources.yml"
    assert add(tenant, path, make_query(everything=True, is_state_saved=is_state_saved)) == 4
    saved = {entry.type: entry.is_state_saved for entry in read_selection(path).entries}
    assert saved == {
        "server": is_state_saved,
        "volume": is_state_saved,
        "image": True,
        "keypair": True,
    }
    assert path.read_text().count("save_state") == (0 if is_state_saved else 2)


def test_a_bad_file_is_left_alone(tmp_path: Path) -> None:
    """Nothing is added to a file with a problem."""
    tenant = Tenant()
    tenant.add("volume", "data")
    path = tmp_path / "resources.yml"
    path.write_text("volume:\n  - name: x\n")
    with pytest.raises(UsageError, match="did you mean volumes"):
        add(tenant, path, make_query(everything=True))
    assert path.read_text() == "volume:\n  - name: x\n"


def test_nothing_found_makes_no_file(tmp_path: Path) -> None:
    """Without anything to add there is no new file."""
    found: list[Resource] = []
    path = tmp_path / "resources.yml"
    assert add_found(path, found, make_query(), Tenant().inventory()) == 0
    assert not path.exists()
