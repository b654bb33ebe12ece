"""What one release of OpenStack answers that another one does not."""

from __future__ import annotations

import dataclasses

Microversion = tuple[int, int]
Range = tuple[Microversion, Microversion]

_EXTENSIONS_OF_QUEENS = frozenset(
    """
    address-scope allowed-address-pairs availability_zone binding default-subnetpools
    dns-domain-ports dns-integration dvr external-net ext-gw-mode extra_dhcp_opt extraroute
    ip_allocation l2_adjacency l3-ha net-mtu net-mtu-writable network_availability_zone pagination
    port-security project-id provider qos quotas rbac-policies router router_availability_zone
    security-group service-type sorting standard-attr-description standard-attr-revisions
    standard-attr-segment standard-attr-tag standard-attr-timestamp subnet_allocation trunk
    vlan-transparent
    """.split()
)
_EXTENSIONS_SINCE = frozenset(
    """
    address-group expose-port-forwarding-in-fip extraroute-atomic filter-validation
    fip-port-details floating-ip-port-forwarding port-mac-address-regenerate
    port-security-groups-filtering qinq qos-default qos-fip qos-port-network-policy
    rbac-security-groups security-groups-normalized-cidr security-groups-remote-address-group
    security-groups-rules-belongs-to-default-sg security-groups-shared-filtering
    stateful-security-group subnet-external-network tag-ports-during-bulk-creation
    """.split()
)


@dataclasses.dataclass(frozen=True)
class Release:
    """The facts of one release; make another one with :func:`dataclasses.replace`.

    ``microversions`` are the lowest and the highest of each service that has them.
    ``has_os_hash``: glance tells ``os_hash_algo`` and ``os_hash_value``. ``has_hidden_images``:
    glance knows ``os_hidden``; before, that was a property like any other.
    ``has_original_flavor_name``: from 2.47 on a server tells its flavor's name and size. Without
    it a server only ever tells its flavor's id, as every nova does below 2.47.
    ``has_ranges``: glance's store can serve a part of a file.
    ``has_default_volume_type``: a volume without a type gets ``__DEFAULT__``; before, it had none.
    ``has_project_in_volume_url``: the catalog's address of cinder ends with the project's id.
    """

    name: str
    microversions: dict[str, Range]
    extensions: frozenset[str]
    volume_service_type: str = "block-storage"
    has_os_hash: bool = True
    has_hidden_images: bool = True
    has_original_flavor_name: bool = True
    has_ranges: bool = True
    has_default_volume_type: bool = True
    has_project_in_volume_url: bool = False

    def get_range(self, service: str) -> Range | None:
        """Return the lowest and the highest microversion, ``None`` for a service without them."""
        return self.microversions.get(service)


QUEENS = Release(
    name="queens",
    microversions={"compute": ((2, 1), (2, 60)), "block_storage": ((3, 0), (3, 50))},
    extensions=_EXTENSIONS_OF_QUEENS,
    volume_service_type="volumev3",
    has_os_hash=False,
    has_hidden_images=False,
    has_original_flavor_name=False,
    has_default_volume_type=False,
    has_project_in_volume_url=True,
)

NEWEST = Release(
    name="newest",
    microversions={"compute": ((2, 1), (2, 104)), "block_storage": ((3, 0), (3, 71))},
    extensions=_EXTENSIONS_OF_QUEENS | _EXTENSIONS_SINCE,
)
