"""What is there is found: lost records, killed runs, rows by hand, twins, hostile text."""

from __future__ import annotations

from typing import Any

import pytest

from demo.sandbox.projects import Project
from tests.integration.api import Api
from tests.integration.collection.bundle import (
    Bundle,
    Reference,
    find_flavor,
    make_destination_task,
    make_image_task,
    make_network_tasks,
    make_old_id,
    make_port_task,
    make_task,
    make_volumes_ready,
    refer,
)
from tests.integration.journey import expect_no_writes, list_writes


def test_what_a_lost_record_named_is_found_by_its_marker(
    bundle: Bundle, destination: Project, api: Api
) -> None:
    """Without uuids.csv, as after a crash before each row: the same objects, and not one more."""
    disk = bundle.make_disk("disk")
    tasks = [
        make_task("keypair", "key", old_id="key", public_key_file=bundle.make_key("key")),
        make_task("security_group", "group"),
        *make_network_tasks(),
        make_task("router", "router", interfaces=[{"subnet": refer("subnet")}]),
        make_port_task("port"),
        make_image_task("image", disk, os_hidden=True),
        make_task("volume", "volume", size=1, data=disk),
        make_volumes_ready({"name": "volume"}),
        make_task("server", "server", flavor=find_flavor(api), image=refer("image"), ports=[]),
    ]
    bundle.import_tasks(*tasks)
    before = bundle.read_rows()
    bundle.record.unlink()
    with expect_no_writes(destination):
        assert bundle.run().expect_success().changed == 0
    assert bundle.read_rows() == before
    bundle.record.unlink()
    with expect_no_writes(destination):
        bundle.run(is_preloaded=False).expect_success()
    assert bundle.read_rows() == before


@pytest.mark.parametrize("is_preloaded", [True, False])
def test_a_run_killed_between_creating_and_tagging_is_finished(
    bundle: Bundle, destination: Project, api: Api, is_preloaded: bool
) -> None:
    """Neutron takes no tags at birth: what has only the marker as its name gets tag and name."""
    marker = f"downpour:{make_old_id('net')}"
    network = api.create("network", name=marker)
    mark = destination.mark_requests()
    bundle.write_tasks(make_task("network", "net", tags=["x"]))
    bundle.run(is_preloaded=is_preloaded).expect_success()
    assert len(list_writes(destination, mark)) == 2
    assert bundle.get_new_id("net") == network["id"]
    found = api.read("network", network["id"])
    assert (found["name"], set(found["tags"])) == ("net", {"x", marker})


def test_an_interrupted_upload_is_started_again(bundle: Bundle, api: Api) -> None:
    """An image that waits for its data is no image; nor is one with other data."""
    disk = bundle.make_disk("disk")
    tags = [f"downpour:{make_old_id('image')}"]
    api.create("image", name="image", disk_format="qcow2", container_format="bare", tags=tags)
    other = [f"downpour:{make_old_id('other')}"]
    api.upload_image(b"other bytes", name="other", tags=other)
    temporary = [f"downpour:volume:{make_old_id('volume')}"]
    api.create("image", name="t", disk_format="qcow2", container_format="bare", tags=temporary)
    run = bundle.import_tasks(
        make_image_task("image", disk),
        make_image_task("other", disk),
        make_task("volume", "volume", size=1, data=disk),
        make_volumes_ready({"name": "volume", "bootable": True}),
    )
    assert run.changed == 4
    images = {image["id"]: image for image in api.list_all("image")}
    assert {x["name"]: x["status"] for x in images.values()} == {
        "image": "active",
        "other": "active",
    }
    assert set(images) == {bundle.get_new_id("image"), bundle.get_new_id("other")}
    assert images[bundle.get_new_id("other")]["os_hash_value"] == disk["sha512"]


def test_a_row_written_by_hand_is_honoured(bundle: Bundle, destination: Project, api: Api) -> None:
    """The named objects are used as they are: nothing is created, changed or deleted for them."""
    network = api.create("network", name="mine")
    group = api.create("security group", name="mine")
    router = api.create("router", name="mine")
    volume = api.create("volume", name="mine", size=1)
    api.wait("volume", volume["id"], "available")
    image = api.upload_image(b"mine", name="mine")
    for type_name, label, found in (
        ("network", "net", network),
        ("security group", "group", group),
        ("router", "router", router),
        ("volume", "volume", volume),
        ("image", "image", image),
    ):
        bundle.add_row(type_name, label, found["id"])
    disk = bundle.make_disk("disk")
    tasks = [
        make_task("network", "net", mtu=1300),
        make_task("security_group", "group"),
        make_task("security_group_rules", "group", security_group=refer("group"), rules=[])
        | {"register": "rules"},
        make_task("router", "router", routes=[]),
        make_image_task("image", disk, protected=True),
        make_task("volume", "volume", size=1, data=disk),
        make_volumes_ready({"name": "volume", "bootable": True, "image_metadata": {"a": "b"}}),
    ]
    before = api.take_inventory()
    with expect_no_writes(destination):
        assert bundle.import_tasks(*tasks).changed == 0
    assert api.take_inventory() == before
    bundle.import_tasks(*tasks, *make_network_tasks()[1:])
    assert api.read("subnet", bundle.get_new_id("subnet"))["network_id"] == network["id"]


def test_an_image_of_the_destination_can_be_used_instead(
    bundle: Bundle, destination: Project, api: Api
) -> None:
    """destination.yml names it: nothing is uploaded, and the row tells what is used."""
    image = api.upload_image(b"there already", name="there")
    disk = bundle.make_disk("disk")
    use = Reference("destination.images.there")
    tasks = [
        make_destination_task(images={"there": "there"}),
        make_image_task("image", disk, protected=True, use=use),
    ]
    with expect_no_writes(destination):
        assert bundle.import_tasks(*tasks).changed == 0
    assert bundle.get_new_id("image") == image["id"]
    bundle.record.unlink()
    bundle.write_tasks(make_image_task("image", disk, use="no-such-image"))
    bundle.run().expect_failure("the destination has no image no-such-image")


def test_what_was_deleted_is_made_again_with_a_warning(bundle: Bundle, api: Api) -> None:
    """The row of a vanished object is replaced, in its place, and the person is told."""
    bundle.import_tasks(*make_network_tasks(), make_task("security_group", "group"))
    rows = bundle.read_rows()
    api.delete("network", rows[0][3])
    run = bundle.run().expect_success()
    assert run.changed == 2
    assert run.output.count("which is not in the destination") == 2
    after = bundle.read_rows()
    assert [row[:3] for row in after] == [row[:3] for row in rows]
    assert after[2] == rows[2]
    assert api.read("network", after[0][3])["name"] == "net"


def test_twins_and_unnamed_things_stay_apart(
    bundle: Bundle, destination: Project, api: Api
) -> None:
    """Two of one name and two without a name are four objects, also when everything runs again."""
    kinds: dict[str, dict[str, Any]] = {
        "network": {},
        "security_group": {},
        "volume": {"size": 1},
        "port": {"network": refer("network_0")},
    }
    tasks = [
        make_task(kind, f"{kind}_{number}", **arguments) | {"label": name}
        for kind, arguments in kinds.items()
        for number, name in enumerate(("twin", "twin", "", ""))
        if not (kind == "security_group" and not name)
    ]
    for task in tasks:
        task["arguments"]["name"] = task.pop("label")
    bundle.import_tasks(*tasks)
    assert len({row[3] for row in bundle.read_rows()}) == len(tasks) == 14
    assert len(api.list_all("network")) == 4
    with expect_no_writes(destination):
        assert bundle.run().expect_success().changed == 0


def test_hostile_text_is_text(bundle: Bundle, destination: Project, api: Api) -> None:
    """Names are never evaluated, never a path, and never break uuids.csv or the terminal."""
    trap = bundle.directory / "owned"
    names = [
        f"{{{{ lookup('pipe', 'touch {trap}') }}}}",
        "{% for x in range(9) %}x{% endfor %}",
        "../../etc/x",
        "=cmd()",
        'a"b,c',
        "web (prod)",
        "[",
        "",
        "007",
        "null",
        "'=x",
        "@{!x}",
    ]
    tasks = []
    for number, name in enumerate(names):
        text = f"> {name}\nsecond line\t{{{{ 7 * 7 }}}}"
        tasks += [
            make_task("network", f"n{number}", description=text),
            make_task("volume", f"v{number}", size=1, description=text, metadata={"k": text}),
        ]
        for task in tasks[-2:]:
            task["arguments"]["name"] = name
    emoji = "😀" * 255
    tasks.append(make_task("volume", "emoji", size=1))
    tasks[-1]["arguments"]["name"] = emoji
    destination.set_quota("block_storage", volumes=-1)
    bundle.import_tasks(*tasks)
    assert not trap.exists()
    rows = {row[2]: row for row in bundle.read_rows()}
    for number, name in enumerate(names):
        text = f"> {name}\nsecond line\t{{{{ 7 * 7 }}}}"
        network = api.read("network", rows[make_old_id(f"n{number}")][3])
        volume = api.read("volume", rows[make_old_id(f"v{number}")][3])
        assert (network["name"], network["description"]) == (name, text)
        assert (volume["name"], volume["description"]) == (name, text)
        assert volume["metadata"]["k"] == text
    assert api.read("volume", rows[make_old_id("emoji")][3])["name"] == emoji
    assert len(bundle.record.read_text().splitlines()) == len(tasks) + 1
    with expect_no_writes(destination):
        assert bundle.run().expect_success().changed == 0
