"""nova's servers as they are shown: much of them is told by other documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.fake_cloud.compute import FLAVORS
from tests.fake_cloud.filters import narrow_servers
from tests.fake_cloud.kinds import Kind
from tests.fake_cloud.messages import Document, Request
from tests.fake_cloud.networks import NETWORKS
from tests.fake_cloud.ports import PORTS
from tests.fake_cloud.release import Microversion
from tests.fake_cloud.state import State
from tests.fake_cloud.volumes import add_links

_FLAVOR_SINCE: Microversion = (2, 47)
_TERMINATION_SINCE: Microversion = (2, 3)
_IMAGE_PROPERTIES_SINCE: Microversion = (2, 98)
STARTED = {
    "status": "ACTIVE",
    "OS-EXT-STS:vm_state": "active",
    "OS-EXT-STS:task_state": None,
    "OS-EXT-STS:power_state": 1,
}


def list_ports(state: State, server: Document) -> list[Document]:
    """Return a server's ports in the order of its network cards."""
    own = [port for port in PORTS.open(state).values() if port["device_id"] == server["id"]]
    order = server["_ports"]
    return sorted(
        own, key=lambda port: order.index(port["id"]) if port["id"] in order else len(order)
    )


class _View:
    """What servers are shown with that other documents tell; read once for a whole listing."""

    def __init__(self, state: State, request: Request) -> None:
        self.state = state
        self.request = request
        self.flavors = FLAVORS.open(state)
        self.ports: dict[str, list[Document]] = {}
        for port in PORTS.open(state).values():
            if port["device_id"]:
                self.ports.setdefault(port["device_id"], []).append(port)
        self.floating: dict[tuple[str, str], str] = {
            (address["port_id"], address["fixed_ip_address"]): address["floating_ip_address"]
            for address in state.open_collection("network", "floatingips").values()
            if address["port_id"]
        }

    def show(self, server: Document) -> Document:
        """Return a server's document at the request's microversion."""
        version = self.request.microversion
        ports = self.ports.get(server["id"], [])
        order = server["_ports"]
        ports.sort(key=lambda port: order.index(port["id"]) if port["id"] in order else len(order))
        shown = add_links(self.request, "servers", server)
        shown |= {
            "flavor": self._show_flavor(server),
            "addresses": {} if server["status"] == "BUILD" else self._list_addresses(ports),
            "hostId": "" if server["status"] == "BUILD" else "host",
        }
        if groups := self._name_groups(ports):
            shown["security_groups"] = [{"name": name} for name in groups]
        if version < _TERMINATION_SINCE:
            attached = server["os-extended-volumes:volumes_attached"]
            shown["os-extended-volumes:volumes_attached"] = [{"id": it["id"]} for it in attached]
        if server["image"]:
            linked = add_links(self.request, "images", server["image"])
            shown["image"] = {"id": linked["id"], "links": linked["links"][1:]}
            if version >= _IMAGE_PROPERTIES_SINCE:
                shown["image"]["properties"] = {}
        if self.request.path == "/servers/detail":
            shown.pop("server_groups")
        if server["status"] != "ERROR":
            shown.pop("fault", None)
        return shown

    def _show_flavor(self, server: Document) -> Document:
        flavor = self.flavors.get(server["_flavor"])
        is_told = self.state.release.has_original_flavor_name
        if flavor is None or self.request.microversion < _FLAVOR_SINCE or not is_told:
            linked = add_links(self.request, "flavors", {"id": server["_flavor"]})
            return {"id": linked["id"], "links": linked["links"][1:]}
        shown = {
            "vcpus": flavor["vcpus"],
            "ram": flavor["ram"],
            "disk": flavor["disk"],
            "ephemeral": flavor["OS-FLV-EXT-DATA:ephemeral"],
            "swap": flavor["swap"],
            "original_name": flavor["name"],
        }
        return {**shown, "extra_specs": flavor["extra_specs"]}

    def _list_addresses(self, ports: list[Document]) -> Document:
        addresses: Document = {}
        for port in ports:
            network = NETWORKS.open(self.state).get(port["network_id"], {})
            listed = addresses.setdefault(network.get("name", ""), [])
            for fixed in port["fixed_ips"]:
                text = fixed["ip_address"]
                floating = self.floating.get((port["id"], text))
                for kind, address in (("fixed", text), ("floating", floating)):
                    if address:
                        listed.append(
                            {
                                "version": 6 if ":" in address else 4,
                                "addr": address,
                                "OS-EXT-IPS:type": kind,
                                "OS-EXT-IPS-MAC:mac_addr": port["mac_address"],
                            }
                        )
        return addresses

    def _name_groups(self, ports: list[Document]) -> list[str]:
        groups = self.state.open_collection("network", "security-groups")
        ids = dict.fromkeys(group_id for port in ports for group_id in port["security_groups"])
        return [groups[group_id]["name"] for group_id in ids if group_id in groups]


def _present_servers(
    state: State, servers: Iterable[Document], request: Request
) -> Iterator[Document]:
    view = _View(state, request)
    return (view.show(server) for server in servers)


SERVERS = Kind(
    service="compute",
    collection="servers",
    key="server",
    title="Instance",
    defaults={
        "name": "",
        **STARTED,
        "image": "",
        "metadata": {},
        "user_id": "",
        "accessIPv4": "",
        "accessIPv6": "",
        "OS-DCF:diskConfig": "MANUAL",
        "progress": 0,
        "OS-EXT-AZ:availability_zone": "nova",
        "config_drive": "",
        "key_name": None,
        "OS-SRV-USG:launched_at": None,
        "OS-SRV-USG:terminated_at": None,
        "os-extended-volumes:volumes_attached": [],
        "locked": False,
        "description": None,
        "tags": [],
        "trusted_image_certificates": None,
        "server_groups": [],
        "locked_reason": None,
        "OS-EXT-SRV-ATTR:hostname": "",
        "pinned_availability_zone": None,
        "scheduler_hints": {},
        "fault": None,
        "_flavor": "",
        "_ports": [],
        "_own_ports": [],
    },
    owner_keys=("tenant_id",),
    time_keys=("created", "updated"),
    order="newest",
    brief=("id", "name", "links"),
    limit_name="instances",
    since={
        "locked": (2, 9),
        "description": (2, 19),
        "tags": (2, 26),
        "trusted_image_certificates": (2, 63),
        "server_groups": (2, 71),
        "locked_reason": (2, 73),
        "OS-EXT-SRV-ATTR:hostname": (2, 90),
        "pinned_availability_zone": (2, 96),
        "scheduler_hints": (2, 100),
    },
    narrow=narrow_servers,
    present=_present_servers,
)
