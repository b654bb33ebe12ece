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
from tests.unit.full_tenant import make_full_tenant
from tests.unit.playbook.reading import load_file
from tests.unit.tenant import Tenant


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
