"""What a project holds, in words that are the same on both sides of a move.

Ids are replaced by ``(type, id in the source)``, so that relations can be compared, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.integration.api import Api, Document

Name = tuple[str, str]
Description = dict[Name, dict[str, Any]]
TYPES = (
    *("keypair", "image", "network", "subnet", "router"),
    *("security group", "port", "volume", "server"),
)
_PLAIN = {
    "keypair": "name type public_key fingerprint",
    "image": """name disk_format container_format min_disk min_ram visibility protected os_hidden
        os_hash_value size""",
    "network": "name description admin_state_up mtu port_security_enabled dns_domain shared",
    "subnet": """name description ip_version cidr gateway_ip enable_dhcp allocation_pools
        dns_nameservers host_routes ipv6_ra_mode ipv6_address_mode""",
    "router": "name description admin_state_up",
    "security group": "name description stateful",
    "port": """name description admin_state_up mac_address allowed_address_pairs
        port_security_enabled extra_dhcp_opts binding:vnic_type device_owner""",
    "volume": "name description size volume_type bootable encrypted multiattach status",
    "server": "name description metadata status config_drive",
}
_RULE = "direction ethertype protocol port_range_min port_range_max remote_ip_prefix description"
_FACTS_OF_AN_IMAGE = frozenset(
    """
    checksum container_format disk_format image_id image_name min_disk min_ram signature_verified
    size
    """.split()
)


class Describer:
    """Describes one project; ``old_ids`` gives ids in the source by ``(type, id here)``."""

    def __init__(self, api: Api, old_ids: Mapping[Name, str] | None = None):
        self.api = api
        self.old_ids = old_ids
        self.listed = {kind: api.list_all(kind) for kind in TYPES}

    def describe(self) -> Description:
        """Describe all that the project has; ports only of servers."""
        description: Description = {}
        for kind in TYPES:
            for document in self.listed[kind]:
                if kind == "port" and not document["device_owner"].startswith("compute:"):
                    continue
                facts = {name: document.get(name) for name in _PLAIN[kind].split()}
                if kind == "keypair":
                    facts["public_key"] = document["public_key"].rstrip("\n")
                identity = document["name"] if kind == "keypair" else document["id"]
                name = self.name(kind, identity)
                description[name] = facts | self._add_tags(document)
                if kind in self._adders:
                    description[name] |= self._adders[kind](self, document)
        return description

    def name(self, kind: str, identity: str | None) -> Name:
        """Return the name of a resource on both sides; one that did not move keeps its own id."""
        if identity is None:
            return (kind, "")
        if self.old_ids is None:
            return (kind, identity)
        return (kind, self.old_ids.get((kind, identity), f"not moved: {identity}"))

    @staticmethod
    def _add_tags(document: Document) -> dict[str, Any]:
        tags = [tag for tag in document.get("tags") or () if not tag.startswith("downpour:")]
        return {"tags": sorted(tags)}

    def _add_to_image(self, image: Document) -> dict[str, Any]:
        known = set(_PLAIN["image"].split())
        known |= {"checksum", "created_at", "updated_at", "direct_url", "file", "id", "owner"}
        known |= {"os_hash_algo", "schema", "self", "status", "stores", "tags", "virtual_size"}
        known |= {"locations"}
        properties = {
            name: self.name("image", value) if name in ("kernel_id", "ramdisk_id") else value
            for name, value in image.items()
            if name not in known and not name.startswith("owner_specified")
        }
        return {"properties": properties}

    def _add_to_subnet(self, subnet: Document) -> dict[str, Any]:
        return {"network": self.name("network", subnet["network_id"])}

    def _add_to_router(self, router: Document) -> dict[str, Any]:
        gateway = router["external_gateway_info"]
        joined = self.api.send("port", "GET", "/ports", params={"device_id": router["id"]})
        return {
            # Which of the clouds' external networks it is differs; that there is one does not.
            "has_gateway": gateway is not None,
            "routes": sorted(router["routes"], key=str),
            "interfaces": sorted(
                (self.name("subnet", address["subnet_id"]), address["ip_address"])
                for port in joined["ports"]
                if port["device_owner"] == "network:router_interface"
                for address in port["fixed_ips"]
            ),
        }

    def _add_to_group(self, group: Document) -> dict[str, Any]:
        rules = [
            {name: rule[name] for name in _RULE.split()}
            # Neutron's own default rules have null, where others have "".
            | {"description": rule["description"] or ""}
            | {"remote_group": self.name("security group", rule["remote_group_id"])}
            for rule in group["security_group_rules"]
        ]
        return {"rules": sorted(rules, key=str)}

    def _add_to_port(self, port: Document) -> dict[str, Any]:
        addresses = sorted(
            (self.name("subnet", address["subnet_id"]), address["ip_address"])
            for address in port["fixed_ips"]
        )
        return {
            "network": self.name("network", port["network_id"]),
            "addresses": addresses,
            "groups": sorted(self.name("security group", item) for item in port["security_groups"]),
            "server": self.name("server", port["device_id"]),
        }

    def _add_to_volume(self, volume: Document) -> dict[str, Any]:
        metadata = {
            name: value
            for name, value in volume["metadata"].items()
            if name not in ("downpour", "attached_mode")
        }
        image_metadata = volume.get("volume_image_metadata") or {}
        return {
            "metadata": metadata,
            "image_metadata": {
                name: value
                for name, value in image_metadata.items()
                if name not in _FACTS_OF_AN_IMAGE
            },
            "attachments": sorted(
                (self.name("server", item["server_id"]), item["device"])
                for item in volume["attachments"]
            ),
        }

    def _add_to_server(self, server: Document) -> dict[str, Any]:
        path = f"/servers/{server['id']}"
        attached = self.api.send("server", "GET", f"{path}/os-volume_attachments")
        order = [
            address["OS-EXT-IPS-MAC:mac_addr"]
            for addresses in server["addresses"].values()
            for address in addresses
        ]
        return {
            "flavor": server["flavor"],
            "keypair": self.name("keypair", server["key_name"]),
            "is_booted_from_image": bool(server["image"]),
            "volumes": [
                (
                    item["device"],
                    self.name("volume", item["volumeId"]),
                    item["delete_on_termination"],
                )
                for item in sorted(attached["volumeAttachments"], key=lambda item: item["device"])
            ],
            "cards": list(dict.fromkeys(order)),
        }

    _adders: Mapping[str, Callable[[Describer, Document], dict[str, Any]]] = {
        "image": _add_to_image,
        "subnet": _add_to_subnet,
        "router": _add_to_router,
        "security group": _add_to_group,
        "port": _add_to_port,
        "volume": _add_to_volume,
        "server": _add_to_server,
    }


def select_types(description: Description, kinds: Iterable[str]) -> Description:
    """Return the part of a description that is about some types."""
    return {name: facts for name, facts in description.items() if name[0] in set(kinds)}
