"""From a plan to the text of its files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from downpour.collection import SECTIONS
from downpour.plan import complete_findings
from downpour.playbook.render import list_collection_files, render_playbook
from downpour.resources.model import Key, Options
from tests.unit.playbook.reading import evaluate, load_file
from tests.unit.playbook.references import read_tasks
from tests.unit.tenant import OTHER_PROJECT, Tenant

HOSTILE = [
    "{{ lookup('pipe', 'touch /tmp/owned') }}",
    "{% raw %}",
    "{# #}",
    "#jinja2: variable_start_string: '[['",
    "two\nlines: - # x",
    'a"b,c',
    "'",
    "\\",
    "\x1b[31m\x00\x85\u2028\ufeff",
    "}}{{",
    "%",
    " ",
    "- x",
    "x" * 255,
    "\U0001f480" * 255,
]


def render(
    tenant: Tenant, *named: Key, options: dict[Key, Options] | None = None
) -> dict[str, str]:
    """Return the files for what is named."""
    return render_playbook(*tenant.bundle(*named, options=options))


def find_task(files: dict[str, str], module: str, old_id: str) -> dict[str, Any]:
    """Return the arguments of one task."""
    for task in read_tasks(files):
        arguments: dict[str, Any] = task.get(f"downpour.cloud.{module}", {})
        if arguments.get("old_id") == old_id:
            return arguments
    raise AssertionError(f"no {module} for {old_id}")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_titles_are_text(name: str, tmp_path: Path) -> None:
    """A task's name shows the resource's in one line, and nothing in it is evaluated."""
    tenant = Tenant()
    volume = tenant.add("volume", name)
    path = tmp_path / "tasks.yml"
    path.write_text(render(tenant, ("volume", volume))["tasks/volumes.yml"])
    title = load_file(path)[0]["name"]
    assert str(title).startswith("Volume ")
    assert str(title).endswith(f"({volume[:8]})")
    assert str(title).isprintable()
    assert len(title) < 90
    assert not set(title) & set("{}%#")
    assert evaluate(title) == title


def test_titles_of_the_unnamed() -> None:
    """Without a name the part of the id is enough; keypairs have no other id than their name."""
    tenant = Tenant()
    volume = tenant.add("volume")
    tenant.add("keypair", "key")
    titles = [
        task["name"] for task in read_tasks(render(tenant, ("volume", volume), ("keypair", "key")))
    ]
    assert titles == ["Keypair key", f"Volume ({volume[:8]})", "Wait for the volumes"]


def test_only_what_there_is_has_a_file() -> None:
    """A bundle of one keypair has one file of tasks, and the playbook imports no other."""
    tenant = Tenant()
    tenant.add("keypair", "key")
    files = render(tenant, ("keypair", "key"))
    assert sorted(files) == [
        "ansible.cfg",
        "destination.yml",
        "files/keypair_key.pub",
        "inventory.yml",
        "playbook.yml",
        "requirements.txt",
        "tasks/keypairs.yml",
    ]
    assert files["playbook.yml"].count("import_tasks") == 1


def test_rules_come_after_all_groups() -> None:
    """Groups that refer to each other are all made before the first rule."""
    tenant = Tenant()
    groups = [tenant.add("security group", name) for name in ("a", "b")]
    for one, other in (groups, reversed(groups)):
        tenant.add("security group rule", security_group_id=one, remote_group_id=other)
    tasks = read_tasks(render(tenant, ("security group", groups[0])))
    assert [next(key for key in task if "." in key) for task in tasks] == [
        "downpour.cloud.security_group",
        "downpour.cloud.security_group",
        "downpour.cloud.security_group_rules",
        "downpour.cloud.security_group_rules",
    ]


def test_a_root_disk_is_an_image_of_the_server() -> None:
    """The root disk of a server with its state is uploaded, not recorded, and booted from."""
    tenant = Tenant()
    server = tenant.add_server("web", tenant.add("image", "base"))
    files = render(tenant, ("server", server))
    disk = find_task(files, "image", server)
    assert (disk["owner"], disk["recorded"]) == ("server", False)
    assert disk["file"] == f"data/server-{server}.qcow2"
    assert find_task(files, "server", server)["image"] == "{{ root_disk_web.id }}"
    assert "images: {}" in files["destination.yml"]


def test_a_server_without_its_state_uses_the_image() -> None:
    """Without its state a server boots from the image, which the destination may have already."""
    tenant = Tenant()
    image = tenant.add("image", "base")
    server = ("server", tenant.add_server("web", image))
    files = render(tenant, server, options={server: Options(is_state_saved=False)})
    assert find_task(files, "server", server[1])["image"] == "{{ image_base.id }}"
    assert find_task(files, "image", image)["use"] == "{{ destination.images.image_base }}"
    assert yaml.safe_load(files["destination.yml"])["images"] == {"image_base": None}


def test_what_differs_between_clouds_is_asked_once() -> None:
    """Two servers of one flavor share its key; other flavors have their own."""
    tenant = Tenant()
    image = tenant.add("image")
    flavors = [{"original_name": name, "disk": 1} for name in ("m1", "m1", "M1", "{{ x }}\n")]
    servers = [tenant.add_server("web", image, flavor=flavor) for flavor in flavors]
    files = render(tenant, *(("server", server) for server in servers))
    chosen = yaml.load(files["destination.yml"].replace("!unsafe ", ""), yaml.SafeLoader)["flavors"]
    assert sorted(chosen.values()) == ["M1", "m1", "{{ x }}\n"]
    assert len({find_task(files, "server", server)["flavor"] for server in servers}) == 3


def test_networks_of_others_are_asked_for() -> None:
    """Twins among the networks of others have keys of their own, by their source ids."""
    tenant = Tenant()
    twins = [tenant.add("network", "public", project_id=OTHER_PROJECT) for _ in range(2)]
    server = tenant.add_server("web", tenant.add("image"))
    ports = [tenant.add("port", network_id=twin, device_id=server) for twin in twins]
    files = render(tenant, ("server", server))
    uses = {find_task(files, "port", port)["network"] for port in ports}
    assert uses == {f"{{{{ destination.networks.network_public_{twin[:8]} }}}}" for twin in twins}
    for twin in twins:
        assert f"source id {twin}" in files["destination.yml"]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_destination_yml_holds_any_name(name: str, tmp_path: Path) -> None:
    """Names of flavors and networks are comments and values, never YAML or templates."""
    tenant = Tenant()
    network = tenant.add("network", name, project_id=OTHER_PROJECT)
    server = tenant.add_server("web", tenant.add("image"), flavor={"original_name": name})
    tenant.add("port", network_id=network, device_id=server)
    path = tmp_path / "destination.yml"
    path.write_bytes(render(tenant, ("server", server))["destination.yml"].encode())
    read = evaluate(load_file(path))
    assert set(read) == {"cloud", *(section.name for section in SECTIONS)}
    assert list(read["flavors"].values()) == list(read["networks"].values()) == [name]


def test_the_type_of_the_cloud_is_nothing_to_choose() -> None:
    """A volume of the default type gets the destination's own default."""
    tenant = Tenant()
    volumes = [tenant.add("volume", volume_type=kind) for kind in ("__DEFAULT__", "fast", None)]
    files = render(tenant, *(("volume", volume) for volume in volumes))
    chosen = yaml.safe_load(files["destination.yml"])["volume_types"]
    assert chosen == {"volume_type_default": None, "volume_type_fast": "fast"}
    assert "volume_type" not in find_task(files, "volume", volumes[2])


def test_the_collection_is_complete() -> None:
    """What is copied out has every plugin that the tasks use, and nothing that Python made."""
    files = dict(list_collection_files())
    root = "collections/ansible_collections/downpour/cloud"
    for name in ("server", "volumes_ready", "destination"):
        assert f"{root}/plugins/action/{name}.py" in files
        assert f"{root}/plugins/modules/{name}.py" in files
    assert f"{root}/galaxy.yml" in files
    assert not [path for path in files if path.endswith(".pyc") or "__pycache__" in path]


def test_the_parts_that_a_saved_root_disk_names() -> None:
    """A kernel that a server's image names becomes a reference if it comes, else it is told."""
    tenant = Tenant()
    kernel, ramdisk = tenant.add("image", "kernel"), tenant.add("image", "ramdisk")
    base = tenant.add("image", "base", kernel_id=kernel)
    server = ("server", tenant.add_server("web", base))
    plan, saved = tenant.bundle(server)
    properties = {"kernel_id": kernel, "os_distro": "x", "ramdisk_id": ramdisk}
    saved[server] = dataclasses.replace(saved[server], properties=properties)
    disk = find_task(render_playbook(plan, saved), "image", server[1])
    assert disk["properties"] == {"kernel_id": "{{ image_kernel.id }}", "os_distro": "x"}
    news = set(complete_findings(plan, saved)) - set(plan.findings)
    assert [(item.id, item.reason) for item in news] == [
        (server[1], "its ramdisk_id is left out: no such image is carried")
    ]
