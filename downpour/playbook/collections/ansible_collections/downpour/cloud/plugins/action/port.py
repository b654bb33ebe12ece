"""Create a port."""

from __future__ import annotations

from typing import ClassVar

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import CreateAction
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import NetworkTag
from ansible_collections.downpour.cloud.plugins.plugin_utils.resource_type import ResourceType

_TAGS_AT_BIRTH = "tag-ports-during-bulk-creation"


class ActionModule(CreateAction):
    """A port; it is not attached to anything here."""

    RESOURCE_TYPE = ResourceType(
        "port", "network", "/ports", "port", NetworkTag("port", _TAGS_AT_BIRTH)
    )
    RENAMED: ClassVar = {"network": "network_id", "vnic_type": "binding:vnic_type"}

    @classmethod
    def prepare(cls, cloud: Cloud) -> None:
        """Also find out whether this neutron takes tags in the creating request."""
        super().prepare(cloud)
        cloud.has_extension(_TAGS_AT_BIRTH)

    def build_body(self, task: Task) -> Json:
        """Name the subnet of each address as the API does."""
        body = super().build_body(task)
        if "fixed_ips" in body:
            body["fixed_ips"] = [
                {
                    wire_name: address[name]
                    for name, wire_name in (("subnet", "subnet_id"), ("ip_address", "ip_address"))
                    if address.get(name) is not None
                }
                for address in body["fixed_ips"]
            ]
        return body
