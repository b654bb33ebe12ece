"""The door to a cloud: whole listings, what a cloud lacks, and errors in words."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import openstack
import pytest

from downpour.cloud import Cloud, connect, translate_errors
from downpour.errors import CredentialsError, DownpourError, UnavailableError
from downpour.plan import list_unavailable
from downpour.resources import RESOURCE_TYPES
from downpour.resources.inventory import Inventory
from downpour.resources.model import Listing
from tests.fake_cloud import QUEENS, lose_request, match, refuse, reply
from tests.unit.effects import Source, open_source

VOLUMES = Listing("block_storage.volumes")
IMAGES = RESOURCE_TYPES["image"].listing
FLOATING_IPS = Listing("network.ips")


def list_ids(cloud: Cloud, listing: Listing) -> list[str]:
    """Return the ids of a listing in its order."""
    return [document["id"] for document in cloud.read_listing(listing)]


def test_logged_in(source: Source) -> None:
    """A cloud says where it is and whose project it speaks for."""
    cloud = source.log_in()
    assert cloud.describe() == {
        "auth_url": f"{source.fake.url}/identity/v3",
        "region": "RegionOne",
        "project_id": source.fake.project_id,
    }


def test_pages(source: Source) -> None:
    """All pages of a listing are read, once."""
    ids = [source.fake.put_volume(name=str(number)) for number in range(3)]
    link = f"{source.fake.url}/volume/v3/volumes/detail?marker={ids[2]}"
    first = {
        "volumes": [{"id": ids[2], "name": "2"}],
        "volumes_links": [{"rel": "next", "href": link}],
    }
    source.fake.script(match("GET", path="/volumes/detail"), reply(200, first))
    cloud = source.log_in()
    assert list_ids(cloud, VOLUMES) == [ids[2], ids[1], ids[0]]
    assert list_ids(cloud, VOLUMES) == [ids[2], ids[1], ids[0]]
    assert source.fake.count("GET", path="/volumes/detail") == 2


def test_pages_of_images(source: Source) -> None:
    """More images than a page has are read, each once, and hidden ones as well."""
    ids = {source.fake.put("images", name=str(number)) for number in range(501)}
    ids |= {source.fake.put("images", name="hidden", os_hidden=True)}
    found = list_ids(source.log_in(), IMAGES)
    assert (len(found), set(found)) == (502, ids)
    assert source.fake.count("GET", path="/images") == 3


def test_images_of_an_old_release(source: Source, tmp_path: Path) -> None:
    """A cloud that knows no hidden images lists each image once."""
    with open_source(tmp_path, QUEENS) as old:
        image_id = old.add_image()
        assert list_ids(old.log_in(), IMAGES) == [image_id]


def test_properties_as_sent(source: Source) -> None:
    """The text "false" in a property of an image stays the text that it is."""
    source.fake.put_image(b"", os_require_quiesce="false", os_secure_boot="optional")
    (image,) = source.log_in().read_listing(IMAGES)
    assert (image["os_require_quiesce"], image["os_secure_boot"]) == ("false", "optional")


def test_the_words_of_the_api(source: Source) -> None:
    """Documents have the API's names, not the SDK's, and what is not there is None."""
    source.add_attached_volume(source.add_server())
    (server,) = source.log_in().read_listing(Listing("compute.servers"))
    assert server["os-extended-volumes:volumes_attached"]
    assert server["OS-EXT-STS:task_state"] is None
    assert server["flavor"]["original_name"] == "m1.tiny"


@pytest.mark.parametrize("status", [403, 404])
def test_a_listing_that_is_not_there(status: int, source: Source) -> None:
    """An extension that a cloud lacks, or does not permit, is not a failure of its own kind."""
    source.fake.script(match("GET", path="/floatingips"), refuse(status, "no"), times=None)
    with pytest.raises(UnavailableError, match=rf"listing ips: HTTP {status}: no"):
        source.log_in().read_listing(FLOATING_IPS)


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_listing_that_fails(status: int, source: Source) -> None:
    """Any other refusal is one: nobody knows what there is."""
    source.fake.script(match("GET", path="/floatingips"), refuse(status, "no"), times=None)
    with pytest.raises(DownpourError, match=rf"listing ips: HTTP {status}: no") as caught:
        source.log_in().read_listing(FLOATING_IPS)
    assert type(caught.value) is DownpourError
    assert caught.value.problems[0].code == "refused"


@pytest.mark.parametrize("service", ["block_storage", "network", "image"])
def test_a_service_that_is_not_there(service: str, source: Source, tmp_path: Path) -> None:
    """Without a service its listings are empty, which is one note for each kind of resource."""
    listing = {"block_storage": "volume", "network": "port", "image": "image"}[service]
    with open_source(tmp_path, without=[service]) as lacking:
        cloud = lacking.log_in()
        inventory = Inventory(RESOURCE_TYPES, cloud.read_listing, cloud.project_id)
        assert inventory.read_type(listing) == {}
        assert inventory.get((listing, "x")) is None
        (note,) = list_unavailable(inventory)
        assert note.type == listing
        assert "the cloud has no such service" in note.reason


def test_a_token_that_expires(source: Source) -> None:
    """A token that is too old is renewed, and the listing goes on."""
    volume_id = source.add_detached_volume()
    cloud = source.log_in()
    source.fake.expire_tokens()
    assert list_ids(cloud, VOLUMES) == [volume_id]


def test_no_longer_let_in(source: Source) -> None:
    """Credentials that no longer count, whoever says so, are told as such."""
    source.fake.script(match("GET", path="/volumes/detail"), refuse(401, "go away"), times=None)
    with pytest.raises(CredentialsError, match="listing volumes") as caught:
        source.log_in().read_listing(VOLUMES)
    assert caught.value.exit_status == 4


def test_a_wrong_password(source: Source) -> None:
    """A refused login is told as wrong credentials, with what to check and without a secret."""
    entry = source.fake.credentials
    entry["auth"]["password"] = "guessed"
    with pytest.raises(CredentialsError, match=r"check clouds\.yaml") as caught:
        Cloud(openstack.connect(load_yaml_config=False, load_envvars=False, **entry))
    assert "guessed" not in str(caught.value)


def test_no_project(source: Source) -> None:
    """Credentials without a project are told before anything is listed."""
    entry = source.fake.credentials
    del entry["auth"]["project_name"], entry["auth"]["project_domain_id"]
    connection = openstack.connect(load_yaml_config=False, load_envvars=False, **entry)
    with pytest.raises(CredentialsError, match="no-project"):
        Cloud(connection)


def test_unreachable(source: Source) -> None:
    """A cloud that does not answer is told with its address."""
    source.fake.script(match(service="identity"), lose_request(), times=None)
    with pytest.raises(DownpourError, match=r"logging in: .*check the address") as caught:
        source.log_in()
    assert caught.value.problems[0].code == "unreachable"
    assert source.fake.url in str(caught.value)


def test_settings_of_a_file(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cloud and the region that are asked for are those of clouds.yaml."""
    path = source.fake.write_clouds_file(tmp_path / "clouds.yaml", "mine")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    assert connect("mine", None).project_id == source.fake.project_id
    assert connect("mine", "RegionOne").describe()["region"] == "RegionOne"
    with pytest.raises(CredentialsError, match="cloud mine: Region Elsewhere is not"):
        connect("mine", "Elsewhere")
    with pytest.raises(CredentialsError, match="cloud other: "):
        connect("other", None)


def test_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address at which nobody listens is told with the name of the cloud."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v3"
        auth = {"auth_url": url, "username": "u", "password": "p", "project_name": "p"}
        document = {"clouds": {"gone": {"auth": auth, "identity_api_version": "3"}}}
        (tmp_path / "clouds.yaml").write_text(json.dumps(document))
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
        with pytest.raises(DownpourError, match=url) as caught:
            connect("gone", None)
    assert caught.value.problems[0].code == "unreachable"


def list_images(cloud: Cloud) -> object:
    """List images, as glance words its refusals in HTML."""
    return cloud.read_listing(IMAGES)


def list_volumes(cloud: Cloud) -> object:
    """List volumes, as cinder escapes its messages."""
    return cloud.read_listing(VOLUMES)


@pytest.mark.parametrize("read", [list_images, list_volumes])
def test_errors_are_plain(read: Callable[[Cloud], object], source: Source) -> None:
    """What a service says about an error is told in one line, as it was meant."""
    message = "'volumes' < 3 & \"x\" \x1b[31m"
    path = "/images|/volumes/detail"
    source.fake.script(match("GET", path=path), refuse(400, message), times=None)
    with pytest.raises(DownpourError) as caught:
        read(source.log_in())
    told = str(caught.value)
    assert "'volumes' < 3 & \"x\" \\x1b[31m" in told
    assert "\n" not in told
    assert "html" not in told


def test_a_service_that_is_needed(tmp_path: Path) -> None:
    """A service that cannot be done without is told as what the cloud lacks, not as a login."""
    with open_source(tmp_path, without=["image"]) as lacking:
        cloud = lacking.log_in()
        with pytest.raises(DownpourError) as caught, translate_errors("the image of a disk"):
            cloud.connection.image.get("/images")
    assert caught.value.exit_status == 1
    assert caught.value.problems[0].code == "no-service"
