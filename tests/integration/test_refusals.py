"""What is wrong before the export begins: all of it is said at once, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from demo.sandbox.cloud import Cloud
from tests.integration.journey import Workplace, expect_no_writes
from tests.integration.shared import share_small_tenant
from tests.integration.tenants import Tenant, make_project

MANY_PROBLEMS = """\
servers:
  - name: web
    save_state: "yes"
  - nmae: web
  - {}
  - web
keypair:
  - name: k
images:
volumes:
  - name: 7
    key_name: login
  - id: ""
"""
# Lines with a problem, and a word of what is said about it.
EXPECTED = {
    3: "save_state must be true or false",
    4: "did you mean name",
    5: "neither name nor id",
    6: "must have keys",
    7: "did you mean keypairs",
    9: "empty",
    11: "name must be text",
    12: "key_name",
    13: "empty",
}


@pytest.fixture(scope="module")
def tenant(clouds: tuple[Cloud, Cloud], tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    """The tenant that nothing is taken of."""
    return share_small_tenant(clouds[0], tmp_path_factory)


@pytest.fixture
def place(tenant: Tenant, tmp_path: Path) -> Iterator[Workplace]:
    """A new place, where no command may write and whose cloud no command may change."""
    place = Workplace(tmp_path, tenant.project)
    with expect_no_writes(tenant.project):
        yield place
    assert not (tmp_path / "bundle").exists()


def test_all_problems_of_a_file_at_once(place: Workplace, tenant: Tenant) -> None:
    """Every mistake in a resource file is reported with its line; the cloud is not even asked."""
    path = place.write("many.yml", MANY_PROBLEMS)
    mark = tenant.project.mark_requests()
    for command in (["plan", path], ["export", path, "bundle"]):
        err = place.call(*command).expect(2).err
        lines = {
            number: line
            for line in err.splitlines()
            for number in EXPECTED
            if f"many.yml:{number}:" in line
        }
        assert {number: EXPECTED[number] in lines.get(number, "") for number in EXPECTED} == (
            dict.fromkeys(EXPECTED, True)
        ), err
    assert tenant.project.list_requests(mark) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        ("servers: [\n", "not YAML"),
        ("- name: web\n", "expected the sections"),
        ("servers: []\n", "is empty"),
        ("a: &a [*a]\n", "unknown section"),
    ],
)
def test_bad_files(place: Workplace, text: str, expected: str) -> None:
    """A file that is no resource file is refused with exit status 2 and the reason."""
    path = place.write("bad.yml", text)
    assert expected in place.call("export", path, "bundle").expect(2).err


def test_files_that_cannot_be_read(place: Workplace) -> None:
    """A missing file, a directory and bytes that are no text are refused with exit status 2."""
    (place.directory / "latin.yml").write_bytes(b"servers:\n  - name: caf\xe9\n")
    for name in ("missing.yml", ".", "latin.yml"):
        run = place.call("export", name, "bundle").expect(2)
        assert "bug" not in run.err, run.err


def test_all_bad_references_at_once(place: Workplace, tenant: Tenant) -> None:
    """What is not there or ambiguous is listed in one go, twins with the ids to choose from."""
    resources = place.select(
        servers=[{"name": "nobody"}, "00000000-0000-0000-0000-000000000000"],
        volumes=[{"name": "attached"}, {"name": "Detached"}],
        images=[{"name": "image", "id": tenant["server"]}],
        keypairs=[{"name": "key*"}],
    )
    err = place.call("export", resources, "bundle").expect(1).err
    for missing in ("nobody", "00000000-0000-0000-0000-000000000000", "Detached", "key*"):
        assert f"{missing}" in err
    assert err.count("[not-found]") == 5


def test_ambiguous_name_lists_the_ids(clouds: tuple[Cloud, Cloud], tmp_path: Path) -> None:
    """A name that twins share is refused with the ids of both; each id alone is good."""
    twins = Tenant(make_project(clouds[0], "twins"), tmp_path)
    ids = [twins.add("volume", str(number), name="twin", size=1) for number in (1, 2)]
    twins.wait("volume", "available", "1", "2")
    place = Workplace(tmp_path / "place", twins.project)
    run = place.call("export", place.select(volumes=[{"name": "twin"}]), "bundle").expect(1)
    assert all(identity in run.err for identity in ids)
    assert not (place.directory / "bundle").exists()
    for identity in ids:
        run = place.call("plan", place.select(volumes=[identity]), "-f", "json").expect(0)
        assert [row["ID"] for row in yaml.safe_load(run.out)] == [identity]


def test_wrong_credentials(place: Workplace, tenant: Tenant) -> None:
    """A wrong password, an unknown cloud and no cloud at all end with exit status 4."""
    resources = place.select(servers=[tenant["server"]])
    credentials = dict(tenant.project.credentials)
    credentials["auth"] = credentials["auth"] | {"password": "guessed"}
    entries = {"clouds": {"source": credentials}}
    place.write("clouds.yaml", yaml.safe_dump(entries))
    run = place.call("export", resources, "bundle").expect(4)
    assert "guessed" not in run.err
    place.call("--os-cloud", "elsewhere", "plan", resources).expect(4)
    nowhere = {"OS_CLIENT_CONFIG_FILE": "/nonexistent", "OS_CLOUD": ""}
    place.call("plan", resources, **nowhere).expect(4)


def test_unreachable_cloud(place: Workplace, tenant: Tenant) -> None:
    """A cloud that does not answer is named with its address; the exit status is 1."""
    resources = place.select(servers=[tenant["server"]])
    credentials = dict(tenant.project.credentials)
    # Port 9 (discard): nobody listens.
    credentials["auth"] = credentials["auth"] | {"auth_url": "http://127.0.0.1:9/v3"}
    place.write("clouds.yaml", yaml.safe_dump({"clouds": {"source": credentials}}))
    run = place.call("export", resources, "bundle").expect(1)
    assert "127.0.0.1" in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    "arguments", [["export"], ["plan", "a", "b"], ["exprot", "x"], ["plan", "-x"]]
)
def test_wrong_usage(place: Workplace, arguments: list[str]) -> None:
    """A wrong command line ends with exit status 2."""
    place.call(*arguments).expect(2)
