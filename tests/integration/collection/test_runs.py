"""How tasks of the collection run: requests, rules, the default group, the second run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from demo.sandbox.projects import Project
from tests.integration.api import Api
from tests.integration.collection.bundle import (
    Bundle,
    find_flavor,
    make_network_tasks,
    make_servers_ready,
    make_task,
    refer,
)
from tests.integration.journey import expect_no_writes, list_writes


def test_200_rules_take_four_requests(bundle: Bundle, destination: Project, api: Api) -> None:
    """Missing rules are made fifty at once, the two of a new group go, what differs is changed."""
    destination.set_quota("network", security_group_rule=-1)
    rules: list[dict[str, Any]] = [
        {"direction": "ingress", "protocol": "tcp", "port_range_min": n, "port_range_max": n}
        for n in range(1000, 1200)
    ]
    tasks = [
        make_task("security_group", "group"),
        make_task("security_group_rules", "group", security_group=refer("group"), rules=rules)
        | {"register": "rules"},
    ]
    mark = destination.mark_requests()
    bundle.import_tasks(*tasks)
    writes = [x for x in list_writes(destination, mark) if "security-group-rules" in x]
    assert sorted(x.split()[0] for x in writes) == ["DELETE", "DELETE", *["POST"] * 4]
    group = api.read("security group", bundle.get_new_id("group"))
    assert {x["port_range_min"] for x in group["security_group_rules"]} == set(range(1000, 1200))
    with expect_no_writes(destination):
        assert bundle.run().expect_success().changed == 0
    rules[0]["description"] = "new"
    del rules[1]
    mark = destination.mark_requests()
    assert bundle.import_tasks(*tasks).changed == 1
    assert sorted(x.split()[0] for x in list_writes(destination, mark)) == [
        "DELETE",
        "DELETE",
        "POST",
    ]


def test_the_default_group_is_the_projects_own(
    bundle: Bundle, destination: Project, api: Api
) -> None:
    """It is used, not made; its other rules go only if no stranger's port relies on them."""
    rules = [{"direction": "ingress", "protocol": "tcp", "remote_group_id": refer("default")}]
    group = make_task("security_group", "default")
    tasks = [
        group,
        make_task("security_group_rules", "default", security_group=refer("default"), rules=rules)
        | {"register": "rules"},
    ]
    network = api.create("network", name="theirs")
    port = api.create("port", network_id=network["id"])
    run = bundle.import_tasks(*tasks)
    assert "4 rules that the source does not have stay" in " ".join(run.output.split())
    default = api.read("security group", bundle.get_new_id("default"))
    assert (default["name"], default["tags"]) == ("default", [])
    assert len(default["security_group_rules"]) == 5
    with expect_no_writes(destination):
        assert bundle.run().expect_success().changed == 0
    api.delete("port", port["id"])
    assert bundle.run().expect_success().changed == 1
    default = api.read("security group", bundle.get_new_id("default"))
    assert [x["protocol"] for x in default["security_group_rules"]] == ["tcp"]
    assert len(api.list_all("security group")) == 1


def test_a_server_is_stopped_only_once(bundle: Bundle, destination: Project, api: Api) -> None:
    """Who starts an imported server finds it running after the next run."""
    image = api.upload_image(b"\0" * 1024, name="image")
    tasks = [
        make_task(
            "server",
            "server",
            flavor=find_flavor(api),
            image=image["id"],
            ports=[],
            is_stopped=True,
        ),
        make_servers_ready({"name": "server", "is_stopped": True}),
    ]
    bundle.import_tasks(*tasks)
    server_id = bundle.get_new_id("server")
    api.wait("server", server_id, "SHUTOFF")
    api.act("server", server_id, **{"os-start": None})
    api.wait("server", server_id, "ACTIVE")
    with expect_no_writes(destination):
        assert bundle.run().expect_success().changed == 0
    assert api.read("server", server_id)["status"] == "ACTIVE"


def test_it_runs_from_anywhere(
    bundle: Bundle, destination: Project, tmp_path: Path, clouds_file: Path
) -> None:
    """Files and uuids.csv are beside the playbook; ansible.cfg and the callback only help."""
    bundle.write_tasks(
        make_task("keypair", "key", old_id="key", public_key_file=bundle.make_key("key")),
        *make_network_tasks(),
    )
    (bundle.directory / "ansible.cfg").unlink()
    inventory = str(bundle.directory / "inventory.yml")
    bundle.run(
        "-i", inventory, cwd=tmp_path, OS_CLIENT_CONFIG_FILE=str(clouds_file)
    ).expect_success()
    assert [row[0] for row in bundle.read_rows()] == ["keypair", "network", "subnet"]
    with expect_no_writes(destination):
        assert bundle.run("-i", "localhost,", "-c", "local").expect_success().changed == 0


def test_a_second_run_reads_little(bundle: Bundle, destination: Project) -> None:
    """With the callback the project is listed once per type; without it each task asks once."""
    destination.set_quota("network", network=-1)
    bundle.import_tasks(*(make_task("network", f"net{number}") for number in range(10)))
    mark = destination.mark_requests()
    bundle.run().expect_success()
    assert destination.count_requests(mark, services=["neutron"]) == 1
    mark = destination.mark_requests()
    bundle.run(is_preloaded=False).expect_success()
    assert destination.count_requests(mark, services=["neutron"]) == 10


def test_two_runs_at_once_make_no_twins(bundle: Bundle, destination: Project, api: Api) -> None:
    """Somebody starts the playbook twice: each object is made by one of the runs."""
    destination.set_quota("network", network=-1)
    bundle.write_tasks(*(make_task("network", f"net{number}") for number in range(6)))
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(bundle.run) for _ in range(2)]
    assert sum(run.result().expect_success().changed for run in runs) == 6
    assert sorted(x["name"] for x in api.list_all("network")) == [f"net{n}" for n in range(6)]
    assert len(bundle.read_rows()) == 6
