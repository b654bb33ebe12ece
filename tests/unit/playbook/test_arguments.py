"""Every argument that downpour can render is one that the collection takes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.downpour.cloud.plugins.plugin_utils.arguments import (
    load_options,
    make_plain,
    validate_arguments,
)

from downpour.playbook.render import render_playbook
from downpour.resources import RESOURCE_TYPES
from downpour.resources.model import Key
from tests.unit.playbook.reading import load_file
from tests.unit.tenant import Tenant, choose_value


def make_full_tenant() -> tuple[Tenant, list[Key]]:
    """A tenant in which everything has a value that is not the default, and what to name of it."""
    tenant = Tenant()

    def add(type_name: str, **attributes: Any) -> str:
        values = {
            field.name: choose_value(field)
            for field in RESOURCE_TYPES[type_name].fields
            if field.name != "name"
        }
        return tenant.add(type_name, f"a {type_name}", **{**values, **attributes})

    tenant.add("keypair", "key", type="x509")
    image = add("image", visibility="community", hw_disk_bus="virtio", kernel_id="", ramdisk_id="")
    group = add("security group", tags=["one"])
    add("security group rule", security_group_id=group, remote_group_id=group)
    network = add("network")
    foreign = tenant.add("network", "public", project_id="other", **{"router:external": True})
    add("subnet", network_id=network, gateway_ip=None)
    router = add("router", external_gateway_info={"network_id": foreign})
    plain = tenant.add("subnet", "plain", network_id=network)
    address = {"subnet_id": plain, "ip_address": "10.0.0.77"}
    tenant.add(
        "port",
        network_id=network,
        device_id=router,
        device_owner="network:router_interface",
        fixed_ips=[address],
    )
    server = add(
        "server",
        image={"id": image},
        key_name="key",
        status="SHUTOFF",
        config_drive="True",
        **{"OS-EXT-AZ:availability_zone": "nova"},
    )
    for owned in (network, foreign):
        add(
            "port",
            network_id=owned,
            device_id=server,
            port_security_enabled=False,
            allowed_address_pairs=[{"ip_address": "10.0.0.9", "mac_address": "fa:16:3e:00:00:09"}],
            fixed_ips=[{**address, "ip_address": "10.0.0.78"}] if owned == network else [],
            security_groups=[group],
        )
    volume = add(
        "volume",
        status="in-use",
        attachments=[{"server_id": server, "device": "/dev/vdb"}],
        availability_zone="nova",
        volume_type="fast",
        bootable=True,
        metadata={"key": "value", "readonly": "True"},
        volume_image_metadata={"hw_disk_bus": "virtio"},
    )
    tenant.listings["compute.servers"][0]["os-extended-volumes:volumes_attached"] = [
        {"id": volume, "delete_on_termination": True}
    ]
    return tenant, [("server", server), ("image", image), ("keypair", "key")]


def read_arguments(tenant: Tenant, named: list[Key], directory: Path) -> dict[str, Any]:
    """Render the bundle of what is named; return the arguments of all tasks by module."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path, text in render_playbook(*tenant.bundle(*named)).items():
        if path.startswith("tasks/"):
            (directory / "tasks.yml").write_text(text)
            for task in make_plain(load_file(directory / "tasks.yml")):
                (module,) = set(task) - {"name", "register"}
                collection, _, name = module.rpartition(".")
                assert collection == "downpour.cloud"
                found[name].append(task[module])
    return found


def test_the_collection_takes_every_argument(tmp_path: Path) -> None:
    """With everything set that can be, each task passes the check that runs at the far end."""
    arguments = read_arguments(*make_full_tenant(), tmp_path)
    modules = {item.module for item in RESOURCE_TYPES.values() if item.module}
    assert set(arguments) == modules | {"security_group_rules", "volumes_ready", "servers_ready"}
    for module, tasks in arguments.items():
        for given in tasks:
            validate_arguments(module, given)


# The other side may know more than downpour has a source for.
_NEVER_RENDERED = {
    "cloud": "comes from module_defaults",
    "timeout_minutes": "is for a person who edits the playbook",
}
_NOT_RENDERED_YET = {
    "network": {"availability_zone_hints"},
    "port": {"dns_name"},
    "router": {"availability_zone_hints"},
    "security_group_rules": {"remote_address_group_id"},
    "server": {"user_data_file"},
}


@pytest.mark.parametrize("module", [item.module for item in RESOURCE_TYPES.values() if item.module])
def test_every_documented_argument_is_rendered(module: str, tmp_path: Path) -> None:
    """The tenant of these tests really has everything set, so the test above leaves nothing out."""
    arguments = read_arguments(*make_full_tenant(), tmp_path)[module]
    rendered = {name for given in arguments for name in given}
    documented = set(load_options(module)) - set(_NEVER_RENDERED)
    assert documented - rendered == _NOT_RENDERED_YET.get(module, set())


def test_what_stays_out_when_nothing_is_set(tmp_path: Path) -> None:
    """Resources with nothing but defaults pass the check too: nothing required is missing."""
    tenant = Tenant()
    network = tenant.add("network")
    tenant.add("subnet", network_id=network)
    server = tenant.add_server("web", tenant.add("image", "base"))
    tenant.add("port", network_id=network, device_id=server)
    tenant.add_attached_volume(server)
    group = tenant.add("security group")
    router = tenant.add("router")
    named = [("server", server), ("security group", group), ("router", router)]
    for module, tasks in read_arguments(tenant, named, tmp_path).items():
        for given in tasks:
            validate_arguments(module, given)


def test_templates_are_the_only_text_that_is_evaluated(tmp_path: Path) -> None:
    """No argument but a reference of downpour's own looks like a template to Ansible."""
    hostile = "{{ lookup('pipe', 'touch /tmp/owned') }}"
    tenant = Tenant()
    tenant.add("volume", hostile, description=hostile, metadata={hostile: hostile})
    text = render_playbook(
        *tenant.bundle(
            *(("volume", item["id"]) for item in tenant.listings["block_storage.volumes"])
        )
    )["tasks/volumes.yml"]
    assert text.count("{{ lookup(") == text.count('!unsafe "{{ lookup(') == 5
