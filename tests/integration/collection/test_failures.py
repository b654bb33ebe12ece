"""What tasks of the collection say when they fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from demo.sandbox.cloud import Cloud
from demo.sandbox.projects import Project
from tests.integration.api import Api
from tests.integration.collection.bundle import (
    Bundle,
    find_flavor,
    make_destination_task,
    make_image_task,
    make_old_id,
    make_servers_ready,
    make_task,
    make_volumes_ready,
)


def test_a_damaged_file_is_not_imported(bundle: Bundle, api: Api) -> None:
    """The digest of what was read decides: the image is deleted, and no row is written."""
    disk = bundle.make_disk("disk")
    with (bundle.directory / disk["file"]).open("r+b") as file:
        file.seek(100_000)
        file.write(b"damaged")
    for task in (
        make_image_task("image", disk),
        make_task("volume", "volume", size=1, data=disk),
    ):
        bundle.write_tasks(task)
        bundle.run().expect_failure("is not what the export wrote", "was deleted again")
    assert api.list_all("image") == []
    assert api.list_all("volume") == []
    assert not bundle.record.exists()


def test_all_that_failed_is_named_and_the_others_are_finished(
    bundle: Bundle, clouds: tuple[Cloud, Cloud], api: Api
) -> None:
    """The message names volume or server and its state; what is well is finished all the same."""
    disk = bundle.make_disk("disk")
    image = api.upload_image(b"\0" * 1024, name="image")
    tasks = [
        make_task("volume", "bad", size=1, data=disk),
        make_task("volume", "good", size=1, data=disk),
        make_task("server", "worse", flavor=find_flavor(api), image=image["id"], ports=[]),
    ]
    bundle.import_tasks(*tasks)
    api.wait("volume", bundle.get_new_id("bad"), "available")
    api.wait("server", bundle.get_new_id("worse"), "ACTIVE")
    operator: Any = clouds[1].administrator
    operator.block_storage.reset_volume_status(bundle.get_new_id("bad"), "error")
    operator.compute.reset_server_state(bundle.get_new_id("worse"), "error")
    ready = make_volumes_ready({"name": "bad"}, {"name": "good", "bootable": True})
    bundle.write_tasks(*tasks, ready)
    bundle.run().expect_failure("volumes: 1 of 2 are not usable", 'volume "bad"', "status error")
    good = api.read("volume", bundle.get_new_id("good"))
    assert (good["status"], good["bootable"]) == ("available", "true")
    tags = [found["tags"] for found in api.list_all("image")]
    assert [f"downpour:volume:{make_old_id('bad')}"] in tags
    assert len(tags) == 2
    bundle.write_tasks(*tasks, make_servers_ready({"name": "worse"}))
    bundle.run().expect_failure('server "worse"', "status ERROR")


def test_a_keypair_with_another_key_is_not_taken(bundle: Bundle, api: Api) -> None:
    """Same name, other key: named, with the ways out; a comment is no difference."""
    key_file = bundle.make_key("key")
    task = make_task("keypair", "key", old_id="key", public_key_file=key_file)
    words = (bundle.directory / key_file).read_text().split()
    api.create("keypair", name="key", public_key=" ".join([*words[:2], "other comment"]))
    assert bundle.import_tasks(task).changed == 0
    bundle.record.unlink()
    (bundle.directory / key_file).write_text((bundle.directory / bundle.make_key("b")).read_text())
    bundle.write_tasks(task)
    bundle.run().expect_failure('keypair "key"', "with another key", "uuids.csv")


def test_problems_with_destination_yml_are_listed_together(bundle: Bundle, api: Api) -> None:
    """What is missing, what is there instead, and the ids of twins: in one message."""
    twins = [api.create("network", name="twin")["id"] for _ in range(2)]
    bundle.write_tasks(
        make_destination_task(
            flavors={"a": "m1.huge", "b": twins[0]},
            networks={"c": "twin", "d": twins[0]},
            volume_types={"e": "gold", "f": None},
            availability_zones={"g": "moon"},
        )
    )
    bundle.run().expect_failure(
        "5 entries do not fit",
        "flavors.a: there is no flavor 'm1.huge', but m1.nodisk, m1.small, m1.tiny",
        "networks.c: 2 networks are named 'twin'",
        ", ".join(sorted(twins)),
        "volume_types.e",
        "availability_zones.g",
        "Edit destination.yml",
    )


def test_failures_say_what_and_why(
    bundle: Bundle, destination: Project, clouds_file: Path, tmp_path: Path
) -> None:
    """Credentials, network, quota, files and rights: one sentence each, never a traceback."""
    bundle.write_tasks(make_task("network", "net", dns_domain="no domain\x1b[2J"))
    label = f'network "net" ({make_old_id("net")})'
    bundle.run().expect_failure(
        f"{label}: POST /networks: Invalid input for dns_domain", r"\x1b[2j"
    )
    bundle.write_tasks(make_task("network", "net"))
    text = clouds_file.read_text()
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(text.replace(destination.password, "wrong"))
    run = bundle.run(OS_CLIENT_CONFIG_FILE=str(elsewhere))
    assert "wrong" not in run.expect_failure('network "net"', "login: refused")
    elsewhere.write_text(text.replace("127.0.0.1:", "127.0.0.1:1"))
    bundle.run(OS_CLIENT_CONFIG_FILE=str(elsewhere)).expect_failure('network "net"', "login")
    elsewhere.write_text("clouds: {}")
    bundle.run(OS_CLIENT_CONFIG_FILE=str(elsewhere)).expect_failure('network "net"', "destination")
    destination.set_quota("network", network=0)
    bundle.run().expect_failure('network "net"', "quota", "Ask for a higher quota")
    bundle.record.write_text("network,x\n")
    bundle.run().expect_failure("uuids.csv", "line 1: 2 columns instead of 4")
    bundle.record.unlink()
    bundle.write_tasks(make_image_task("image", {"file": "x", "sha512": "0", "disk_format": "raw"}))
    for options in ((), ("--check",)):
        bundle.run(*options).expect_failure("file", "is not there", "sha256sum -c")
    bundle.write_tasks(make_task("network", "net", mut=1))
    bundle.run().expect_failure("'mut' is unknown, did you mean 'mtu'?")
