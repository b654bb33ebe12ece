"""One walk through everything that a cloud answers, to compare two clouds."""

import openstack.connection

from tests.fake_cloud.observation.compute import observe_servers
from tests.fake_cloud.observation.network import observe_groups, observe_networks, observe_ports
from tests.fake_cloud.observation.observer import Observer
from tests.fake_cloud.observation.storage import observe_images, observe_volumes


def observe(connection: openstack.connection.Connection) -> Observer:
    """Ask one cloud everything, in a project that is empty."""
    cloud = Observer(connection)
    ids = observe_networks(cloud)
    observe_groups(cloud)
    observe_ports(cloud, ids)
    observe_images(cloud, ids)
    observe_volumes(cloud, ids)
    observe_servers(cloud, ids)
    return cloud
