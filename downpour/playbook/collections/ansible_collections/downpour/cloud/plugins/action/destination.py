"""Find everything that destination.yml names."""

from __future__ import annotations

from typing import Any

from ansible_collections.downpour.cloud.plugins.plugin_utils.action import ImportAction, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import (
    ApiError,
    TaskError,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.images import IMAGE
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls

# section of destination.yml: what one entry is called, service, path and key of the listing, filter
_LISTINGS: dict[str, tuple[str, str, str, str, dict[str, str | list[str]]]] = {
    "flavors": ("flavor", "compute", "/flavors", "flavors", {}),
    "networks": ("network", "network", "/networks", "networks", {"fields": ["id", "name"]}),
    "images": ("image", "image", "/images", "images", {}),
    "volume_types": ("volume type", "block_storage", "/types", "volume_types", {}),
}
_ZONES = (
    ("compute", "/os-availability-zone", "availabilityZoneInfo", "zoneName"),
    ("block_storage", "/os-availability-zone", "availabilityZoneInfo", "zoneName"),
    ("network", "/availability_zones", "availability_zones", "name"),
)
_SHOWN = 20


class ActionModule(ImportAction):
    """The entries of destination.yml as ids; all that is wrong with them is reported at once."""

    TYPE_NAME = "destination.yml"
    SERVICES = ("compute", "network", "image", "block_storage")

    def act(self, task: Task) -> Result:
        """List each type once, and only if an entry needs it."""
        problems: list[str] = []
        result: Result = {"changed": False}
        for section, (label, service, path, key, query) in _LISTINGS.items():
            entries = _read_entries(task, section)
            listed = task.cloud.list_all(service, path, key, query) if any(entries.values()) else []
            if section == "images":
                listed += _fetch_unlisted_images(task.cloud, entries, listed)
            result[section] = {
                name: _find_object(f"{section}.{name}", label, value, listed, problems)
                for name, value in entries.items()
            }
        zones = _read_entries(task, "availability_zones")
        known = _list_zones(task.cloud) if any(zones.values()) else set()
        for name, zone in zones.items():
            if zone and zone not in known:
                where = f"availability_zones.{name}"
                problems.append(_describe_missing(where, "availability zone", zone, known))
        result["availability_zones"] = zones
        if problems:
            raise TaskError(
                f"{len(problems)} entries do not fit the destination",
                "; ".join(problems),
                "Edit destination.yml, then run the playbook again.",
            )
        return result


def _read_entries(task: Task, section: str) -> dict[str, str | None]:
    entries: dict[str, Any] = task.arguments[section]
    return {str(name): str(value) if value else None for name, value in entries.items()}


def _fetch_unlisted_images(
    cloud: Cloud, entries: dict[str, str | None], listed: list[Json]
) -> list[Json]:
    """Return images that are named by id and in no listing: hidden ones, others' community ones."""
    known = {item[name] for item in listed for name in ("id", "name")}
    unknown = [wanted for wanted in entries.values() if wanted and wanted not in known]
    fetched = [IMAGE.fetch(cloud, wanted) for wanted in unknown]
    return [image for image in fetched if image is not None]


def _find_object(
    where: str, label: str, wanted: str | None, listed: list[Json], problems: list[str]
) -> str | None:
    """Return the id of the object with this id, else of the only one of this exact name."""
    if wanted is None:
        return None
    if any(item["id"] == wanted for item in listed):
        return wanted
    ids = sorted(str(item["id"]) for item in listed if item.get("name") == wanted)
    if len(ids) == 1:
        return ids[0]
    if ids:
        problems.append(
            f"{where}: {len(ids)} {label}s are named '{escape_controls(wanted)}', "
            f"give the id of one: {', '.join(ids)}"
        )
    else:
        names = {str(item.get("name")) for item in listed}
        problems.append(_describe_missing(where, label, wanted, names))
    return None


def _describe_missing(where: str, label: str, wanted: str, names: set[str]) -> str:
    shown = [escape_controls(name)[:60] for name in sorted(names)]
    rest = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    existing = ", ".join(shown[:_SHOWN]) + rest if shown else "none at all"
    return f"{where}: there is no {label} '{escape_controls(wanted)}', but {existing}"


def _list_zones(cloud: Cloud) -> set[str]:
    """Return the names of the zones of all services; one that has no zones is left out."""
    names: set[str] = set()
    for service, path, key, name in _ZONES:
        try:
            zones = cloud.list_all(service, path, key)
        except ApiError as refusal:
            if refusal.status not in {403, 404}:
                raise
            continue
        names |= {str(zone[name]) for zone in zones}
    return names
