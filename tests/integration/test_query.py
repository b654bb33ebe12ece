"""``downpour query``: what it finds and how it leaves a file that a person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from demo.sandbox.cloud import Cloud
from tests.integration.api import Api
from tests.integration.journey import Workplace, expect_no_writes
from tests.integration.shared import share_small_tenant
from tests.integration.tenants import Tenant, make_project

HAND_WRITTEN = """\
# The order and the comments are mine.
volumes:
# Only its shape.
- name: detached
  save_state: false   # it is empty anyway

servers:
- name: 'server'
"""


@pytest.fixture(scope="module")
def tenant(clouds: tuple[Cloud, Cloud], tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    """The tenant that is asked about."""
    return share_small_tenant(clouds[0], tmp_path_factory)


@pytest.fixture
def place(tenant: Tenant, tmp_path: Path) -> Workplace:
    """A new directory to work in."""
    return Workplace(tmp_path, tenant.project)


def test_all_builds_a_file_that_plan_accepts(place: Workplace, tenant: Tenant) -> None:
    """``--all`` makes a file that names everything, reads nothing twice and changes nothing."""
    with expect_no_writes(tenant.project):
        place.call("query", "new.yml", "--all").expect(0)
        place.call("plan", "new.yml").expect(0)
    document = yaml.safe_load((place.directory / "new.yml").read_text(encoding="utf-8"))
    assert document == {
        "servers": [{"name": "server"}],
        "keypairs": [{"name": "keypair"}],
        "images": [{"name": "image"}],
        "volumes": [{"name": "attached"}, {"name": "detached"}],
    }


def test_file_of_a_person_is_extended(place: Workplace) -> None:
    """Comments, order, quotes and indents stay; what is named already is not added again."""
    path = place.write("mine.yml", HAND_WRITTEN)
    place.call("query", path, "--server-name", "*", "--volume-name", "*").expect(0)
    text = path.read_text(encoding="utf-8")
    added = "- name: attached\n"
    assert text.count(added) == 1
    assert text.replace(added, "") == HAND_WRITTEN
    place.call("query", path, "--server-name", "*", "--volume-name", "*").expect(0)
    assert path.read_text(encoding="utf-8") == text


def test_nothing_found_leaves_the_file_as_it_is(place: Workplace) -> None:
    """Without a match the exit status is 3; the file is untouched, or not made at all."""
    path = place.write("mine.yml", HAND_WRITTEN)
    before = path.stat()
    run = place.call("query", path, "--server-name", "Server", "--image-name", "x/*").expect(3)
    assert "nothing matches" in run.err
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert path.read_text(encoding="utf-8") == HAND_WRITTEN
    place.call("query", "none.yml", "--keypair-name", "none").expect(3)
    assert not (place.directory / "none.yml").exists()


@pytest.mark.parametrize("is_id", [False, True])
def test_servers_are_found_by_flavor(place: Workplace, tenant: Tenant, is_id: bool) -> None:
    """A flavor is named or given by its id; ``--no-save-state`` goes into the new entry."""
    flavor = tenant.find_flavor("m1.tiny") if is_id else "m1.t*"
    options = ("--server-flavor", flavor, "--no-save-state")
    place.call("query", "new.yml", *options).expect(0)
    document = yaml.safe_load((place.directory / "new.yml").read_text(encoding="utf-8"))
    assert document == {"servers": [{"name": "server", "save_state": False}]}


def test_images_of_others_only_when_asked_for(
    place: Workplace, clouds: tuple[Cloud, Cloud], tenant: Tenant
) -> None:
    """An image of another project matches with ``--shared-images`` alone."""
    neighbour = Api(make_project(clouds[0], "neighbour"))
    shared = neighbour.upload_image(b"shared" * 100, name="neighbour's", visibility="shared")
    path = f"/images/{shared['id']}/members"
    neighbour.send("image", "POST", path, json={"member": tenant.project.id})
    accepted = {"status": "accepted"}
    tenant.api.send("image", "PUT", f"{path}/{tenant.project.id}", json=accepted)
    place.call("query", "new.yml", "--image-name", "neighbour*").expect(3)
    place.call("query", "new.yml", "--image-name", "neighbour*", "--shared-images").expect(0)
    document = yaml.safe_load((place.directory / "new.yml").read_text(encoding="utf-8"))
    assert document == {"images": [{"name": "neighbour's"}]}


def test_file_with_problems_is_not_extended(place: Workplace) -> None:
    """A file that is wrong is reported with the line, and stays as it is."""
    path = place.write("wrong.yml", "servers:\n  - nam: x\n")
    run = place.call("query", path, "--all").expect(2)
    assert "wrong.yml:2" in run.err
    assert "did you mean name" in run.err
    assert path.read_text(encoding="utf-8") == "servers:\n  - nam: x\n"


def test_query_needs_a_selector(place: Workplace) -> None:
    """Without a selector and without ``--all`` it is a mistake of usage."""
    place.call("query", "new.yml").expect(2)
    assert not (place.directory / "new.yml").exists()
