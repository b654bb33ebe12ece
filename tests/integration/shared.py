"""One small tenant and its bundle for all tests that do not change them."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.sandbox.cloud import Cloud
from tests.integration.journey import Workplace
from tests.integration.tenants import Tenant, build_small_tenant, make_project

_tenants: dict[Path, Tenant] = {}
_bundles: dict[Path, Path] = {}


def share_small_tenant(cloud: Cloud, factory: pytest.TempPathFactory) -> Tenant:
    """Return the small tenant in a cloud, made by the first test that asks for it."""
    if cloud.directory not in _tenants:
        project = make_project(cloud, "small tenant")
        _tenants[cloud.directory] = build_small_tenant(project, factory.mktemp("tenant"))
    return _tenants[cloud.directory]


def share_small_bundle(cloud: Cloud, factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of the whole small tenant; import a copy of it, not itself."""
    if cloud.directory not in _bundles:
        tenant = share_small_tenant(cloud, factory)
        place = Workplace(factory.mktemp("bundle"), tenant.project)
        place.downpour("export", select_small_tenant(place, tenant), "bundle").expect(0)
        _bundles[cloud.directory] = place.directory / "bundle"
    return _bundles[cloud.directory]


def select_small_tenant(place: Workplace, tenant: Tenant) -> Path:
    """Write a resource file that names the server, the loose volume and the image."""
    return place.select(
        servers=[tenant["server"]], volumes=[tenant["detached"]], images=[tenant["image"]]
    )
