"""Neutron without agents: every port is bound at once, layer 3 resources report that they work."""

from __future__ import annotations

from typing import Any

from neutron.objects import router as router_objects
from neutron.services.qos.drivers.openvswitch import driver as openvswitch_qos
from neutron.services.trunk.drivers import base as trunk_base
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins.ml2 import api
from neutron_lib.services.qos import base as qos_base
from neutron_lib.services.trunk import constants as trunk_constants

NAME = "sandbox"


@registry.has_registry_receivers
class TrunkDriver(trunk_base.DriverBase):
    """Trunks are active as soon as they exist (the plugin refuses to load without a driver)."""

    is_loaded = True

    @registry.receives(resources.TRUNK, [events.AFTER_CREATE])
    def activate_trunk(self, _resource: str, _event: str, _trigger: Any, payload: Any) -> None:
        """Set a new trunk's status."""
        payload.latest_state.update(status=trunk_constants.TRUNK_ACTIVE_STATUS)


@registry.has_registry_receivers
class MechanismDriver(api.MechanismDriver):
    """Bind any port on any host."""

    def initialize(self) -> None:
        """Register the drivers without which the trunk and qos plugins do not work."""
        self.trunk = TrunkDriver(
            NAME,
            (portbindings.VIF_TYPE_OVS, portbindings.VIF_TYPE_UNBOUND),
            (trunk_constants.SEGMENTATION_TYPE_VLAN,),
            can_trunk_bound_port=True,
        )
        self.qos = qos_base.DriverBase(
            NAME,
            [portbindings.VIF_TYPE_OVS],
            [portbindings.VNIC_NORMAL],
            openvswitch_qos.SUPPORTED_RULES,
        )

    @property
    def connectivity(self) -> str:
        """What ports of this driver are connected to."""
        return str(portbindings.CONNECTIVITY_L2)

    def bind_port(self, context: Any) -> None:
        """Bind a port to its first segment, and set it active."""
        context.set_binding(
            context.segments_to_bind[0][api.ID],
            portbindings.VIF_TYPE_OVS,
            {
                portbindings.CAP_PORT_FILTER: True,
                portbindings.VIF_DETAILS_CONNECTIVITY: portbindings.CONNECTIVITY_L2,
            },
            constants.PORT_STATUS_ACTIVE,
        )

    @registry.receives(resources.FLOATING_IP, [events.AFTER_CREATE, events.AFTER_UPDATE])
    def update_floating_ip(self, _resource: str, _event: str, _trigger: Any, payload: Any) -> None:
        """Set a floating IP's status as an agent would: ACTIVE while it is associated."""
        context = payload.context.elevated()
        floating_ip = router_objects.FloatingIP.get_object(context, id=payload.resource_id)
        floating_ip.status = (
            constants.FLOATINGIP_STATUS_ACTIVE
            if floating_ip.fixed_port_id
            else constants.FLOATINGIP_STATUS_DOWN
        )
        floating_ip.update()
