"""The closure and the order of the tasks, for tenants of any shape."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from downpour.playbook.render import render_playbook
from downpour.resources.model import Key, Options
from tests.unit.playbook.references import check_order
from tests.unit.tenant import OTHER_PROJECT, Tenant

_NAMES = ["", "twin", "web", "{{ x }}"]


def make_tenant(choose: random.Random) -> tuple[Tenant, dict[Key, Options]]:
    """Return a tenant with relations drawn by lot, and what a resource file might name in it."""
    tenant = Tenant()

    def several(most: int) -> range:
        return range(choose.randint(0, most))

    def name() -> str:
        return choose.choice(_NAMES)

    tenant.add("keypair", "key")
    images = [tenant.add("image", name()) for _ in range(2)]
    images += [
        tenant.add("image", name(), kernel_id=choose.choice(images), ramdisk_id=images[0])
        for _ in several(2)
    ]
    groups = [tenant.add("security group", name()) for _ in range(4)]
    for _ in several(8):
        tenant.add(
            "security group rule",
            security_group_id=choose.choice(groups),
            remote_group_id=choose.choice([None, "gone", *groups]),
        )
    networks = [tenant.add("network", name()) for _ in range(2)]
    networks.append(tenant.add("network", name(), project_id=OTHER_PROJECT))
    subnets = [
        tenant.add("subnet", name(), network_id=choose.choice(networks[:2])) for _ in several(3)
    ]
    routers = [
        tenant.add(
            "router",
            name(),
            external_gateway_info=choose.choice([None, {"network_id": networks[-1]}]),
        )
        for _ in range(2)
    ]
    for subnet in subnets:
        for router in choose.sample(routers, choose.randint(0, 2)):
            tenant.add(
                "port",
                device_id=router,
                device_owner="network:router_interface",
                fixed_ips=[{"subnet_id": subnet, "ip_address": "10.0.0.1"}],
                network_id=networks[0],
            )
    named: dict[Key, Options] = {}
    for _ in range(2):
        image = choose.choice([None, *images])
        server = tenant.add_server(name(), image, key_name=choose.choice([None, "key", "gone"]))
        named["server", server] = Options(choose.choice([True, False]))
        for place in several(2) if image else range(1):
            tenant.add_attached_volume(server, name(), f"/dev/vd{'abc'[place]}")
        for _ in several(2):
            tenant.add(
                "port",
                name(),
                device_id=server,
                network_id=choose.choice(networks),
                security_groups=choose.sample(groups, choose.randint(0, 2)),
                fixed_ips=[
                    {"subnet_id": subnet, "ip_address": "10.0.0.9"} for subnet in subnets[:1]
                ],
            )
    volume = tenant.add("volume", name())
    named["volume", volume] = Options(choose.choice([True, False]))
    return tenant, named


def render(tenant: Tenant, named: dict[Key, Options]) -> dict[str, str]:
    """Return the files of the playbook for what is named."""
    return render_playbook(*tenant.bundle(*named, options=named))


@settings(max_examples=40)
@given(choose=st.randoms(use_true_random=False))
def test_every_reference_is_made_before_it_is_used(choose: random.Random) -> None:
    """No task refers to something that no earlier task made, and nothing is made twice."""
    tenant, named = make_tenant(choose)
    check_order(render(tenant, named))
    keys = [resource.key for resource in tenant.plan(*named, options=named).resources]
    assert len(set(keys)) == len(keys)


@settings(max_examples=40)
@given(choose=st.randoms(use_true_random=False))
def test_the_order_of_listings_does_not_matter(choose: random.Random) -> None:
    """The same tenant listed, and named, in another order gives the same bytes."""
    tenant, named = make_tenant(choose)
    first = render(tenant, named)
    for listing in tenant.listings.values():
        choose.shuffle(listing)
    keys = list(named)
    choose.shuffle(keys)
    assert render(tenant, {key: named[key] for key in keys}) == first


@settings(max_examples=40)
@given(choose=st.randoms(use_true_random=False))
def test_the_closure_is_closed(choose: random.Random) -> None:
    """Naming everything that the closure found adds nothing more to it."""
    tenant, named = make_tenant(choose)
    closure = tenant.walk(*named, options=named)
    keys = [resource.key for resource in closure.resources]
    again = tenant.walk(*keys, options=named)
    assert [resource.key for resource in again.resources] == keys
