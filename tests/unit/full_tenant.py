"""A tenant in which everything that the resource types know has a value."""

from __future__ import annotations

from typing import Any

from downpour.resources import RESOURCE_TYPES
from downpour.resources.model import Key
from tests.unit.tenant import Tenant, choose_value


def make_full_tenant() -> tuple[Tenant, list[Key]]:
    """A tenant in which everything has a value that is not the default, and what to name of it."""
    tenant = Tenant()

    def add(type_name: str, **attributes: Any) -> str:
        values = {
            str(field.wire_name): choose_value(field)
            for field in RESOURCE_TYPES[type_name].fields
            if field.name != "name"
        }
        return tenant.add(type_name, f"a {type_name}", **{**values, **attributes})

    tenant.add("keypair", "key", type="x509")
    kernel = tenant.add("image", "z kernel", disk_format="aki")
    image = add("image", visibility="community", hw_disk_bus="virtio", kernel_id=kernel)
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
        addresses={
            "net": [{"addr": "10.0.0.78", "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"}],
            "public": [{"addr": "192.0.2.7", "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:02"}],
        },
        **{"OS-EXT-AZ:availability_zone": "nova"},
    )
    macs = {network: "fa:16:3e:00:00:01", foreign: "fa:16:3e:00:00:02"}
    for owned, mac in macs.items():
        port = add(
            "port",
            network_id=owned,
            mac_address=mac,
            device_id=server,
            port_security_enabled=False,
            allowed_address_pairs=[{"ip_address": "10.0.0.9", "mac_address": "fa:16:3e:00:00:09"}],
            fixed_ips=[{**address, "ip_address": "10.0.0.78"}] if owned == network else [],
            security_groups=[group],
        )
        if owned == network:
            add(
                "floating ip",
                floating_network_id=foreign,
                port_id=port,
                fixed_ip_address="10.0.0.78",
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
    group = add("server group", rules={"max_server_per_host": 3}, members=[server])
    tenant.listings["compute.servers"][0]["server_groups"] = [group]
    tenant.listings["compute.servers"][0]["os-extended-volumes:volumes_attached"] = [
        {"id": volume, "delete_on_termination": True}
    ]
    return tenant, [("server", server), ("image", image), ("keypair", "key")]
