"""Create a router with its interfaces and extra routes."""

from __future__ import annotations

from typing import ClassVar

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Json, quote_id
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import (
    Obtained,
    Origin,
    Task,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag, make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType


class ActionModule(CreateAction):
    """A router; missing interfaces and routes are added on every run, none is ever removed."""

    RESOURCE_TYPE = ResourceType("router", "network", "/routers", "router", NetworkTag("router"))
    RENAMED: ClassVar = {"external_network": "", "interfaces": "", "routes": ""}

    def build_body(self, task: Task) -> Json:
        """Add the external gateway."""
        body = super().build_body(task)
        if task.arguments.get("external_network"):
            body["external_gateway_info"] = {"network_id": task.arguments["external_network"]}
        return body

    def finish(self, task: Task, obtained: Obtained) -> bool:
        """Add the interfaces, then the routes, which need them."""
        if obtained.origin is Origin.PLANNED or not self.is_ours(task, obtained.found):
            return False
        joined = _list_joined_subnets(task, obtained.new_id)
        missing = [x for x in task.arguments.get("interfaces") or () if x["subnet"] not in joined]
        if task.is_check_mode:
            return bool(missing)
        for interface in missing:
            _add_interface(task, obtained.new_id, interface)
        return _add_routes(task, obtained.new_id) or bool(missing)


def _list_joined_subnets(task: Task, router_id: str) -> set[str]:
    query: dict[str, str | list[str]] = {
        "device_id": router_id,
        "fields": ["device_owner", "fixed_ips"],
    }
    ports = task.cloud.list_all("network", "/ports", "ports", query)
    return {
        str(address["subnet_id"])
        for port in ports
        # Not the gateway's port; but those of distributed and highly available routers too.
        if str(port.get("device_owner")).startswith(
            ("network:router_interface", "network:ha_router")
        )
        for address in port["fixed_ips"]
    }


def _add_interface(task: Task, router_id: str, interface: Json) -> None:
    cloud = task.cloud
    address = f"/routers/{quote_id(router_id)}/add_router_interface"
    subnet = cloud.get("network", f"/subnets/{quote_id(interface['subnet'])}")["subnet"]
    wanted_ip = interface.get("ip_address")
    if not wanted_ip or wanted_ip == subnet["gateway_ip"]:
        cloud.put("network", address, {"subnet_id": subnet["id"]})
        return
    # The port's name tells a later run that it was made here, should this one be killed in between.
    name = f"{make_marker(task.old_id)}:interface"
    query = {"name": name, "network_id": subnet["network_id"]}
    for port in cloud.list_all("network", "/ports", "ports", query):
        if [fixed_ip["ip_address"] for fixed_ip in port["fixed_ips"]] == [wanted_ip]:
            break
    else:
        fixed_ip = {"subnet_id": subnet["id"], "ip_address": wanted_ip}
        body = {"network_id": subnet["network_id"], "name": name, "fixed_ips": [fixed_ip]}
        port = cloud.post("network", "/ports", {"port": body})["port"]
    cloud.put("network", address, {"port_id": port["id"]})
    cloud.put("network", f"/ports/{quote_id(port['id'])}", {"port": {"name": ""}})


def _add_routes(task: Task, router_id: str) -> bool:
    wanted = task.arguments.get("routes") or []
    if not wanted:
        return False
    address = f"/routers/{quote_id(router_id)}"
    existing = task.cloud.get("network", address)["router"].get("routes") or []
    missing = [route for route in wanted if route not in existing]
    if missing:
        routes = {"router": {"routes": [*existing, *missing]}}
        task.cloud.put("network", address, routes)
    return bool(missing)
