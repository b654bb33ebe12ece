"""Wait for all volumes, finish them and remove the temporary images."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.action.volume import VOLUME
from ansible_collections.downpour.cloud.plugins.plugin_utils.action import ImportAction, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud, Json, quote_id
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import (
    ApiError,
    TaskError,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task, is_placeholder
from ansible_collections.downpour.cloud.plugins.plugin_utils.images import find_temporary_images
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import (
    VolumeMetadata,
    make_marker,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.polling import wait_until
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import (
    describe_resource,
    escape_controls,
)

_UNFINISHED_STATUSES = frozenset({"creating", "downloading"})
_MESSAGES_MICROVERSION = "3.3"


class ActionModule(ImportAction):
    """All volumes of the import that downpour made; others are left alone."""

    TYPE_NAME = "volumes"
    SERVICES = ("block_storage", "image")

    def act(self, task: Task) -> Result:
        """Wait, finish what is there, then report all that failed in one message."""
        wanted = [v for v in task.arguments["volumes"] if not is_placeholder(v["id"])]
        has_changed = len(wanted) < len(task.arguments["volumes"])
        volumes = _wait_for_volumes(task, wanted)
        failures: list[str] = []
        ready: set[str] = set()
        for entry in wanted:
            problem = _find_problem(task.cloud, entry, volumes.get(entry["id"]))
            if problem:
                label = describe_resource("volume", entry["name"], entry["old_id"])
                failures.append(f"{label}: {problem}")
            elif _is_ours(entry, volumes[entry["id"]]):
                has_changed |= _finish_volume(task, entry, volumes[entry["id"]])
                if volumes[entry["id"]]["status"] not in _UNFINISHED_STATUSES:
                    ready.add(entry["old_id"])
        has_changed |= _delete_temporary_images(task, ready)
        if failures:
            raise TaskError(
                f"{len(failures)} of {len(wanted)} are not usable",
                "; ".join(failures),
                "Delete them in the destination, correct the cause, then run the playbook again.",
            )
        return {"changed": has_changed}


def _wait_for_volumes(task: Task, wanted: list[Json]) -> dict[str, Json]:
    """Return the project's volumes by id, once none of the wanted ones of ours is unfinished."""
    volumes: dict[str, Json] = {}

    def are_finished() -> bool:
        volumes.clear()
        volumes.update({x["id"]: x for x in VOLUME.list_all(task.cloud, {})} if wanted else {})
        found = [(entry, volumes[entry["id"]]) for entry in wanted if entry["id"] in volumes]
        return task.is_check_mode or not any(
            volume["status"] in _UNFINISHED_STATUSES and _is_ours(entry, volume)
            for entry, volume in found
        )

    wait_until(are_finished, task.arguments["timeout_minutes"] * 60)
    return volumes


def _is_ours(entry: Json, volume: Json) -> bool:
    return VolumeMetadata().is_marked(volume, make_marker(entry["old_id"]))


def _find_problem(cloud: Cloud, entry: Json, volume: Json | None) -> str:
    if volume is None:
        return f"there is no volume {escape_controls(entry['id'])} in the project"
    status = str(volume["status"])
    if status.startswith("error") and _is_ours(entry, volume):
        return f"{entry['id']} is in status {status}. {_explain_error(cloud, entry['id'])}".rstrip()
    if status in _UNFINISHED_STATUSES and _is_ours(entry, volume):
        return f"{entry['id']} is still in status {status}"
    return ""


def _explain_error(cloud: Cloud, volume_id: str) -> str:
    """Return what cinder tells users about a failed volume, "" if it says nothing."""
    try:
        messages = cloud.list_all(
            "block_storage", "/messages", "messages", microversion=_MESSAGES_MICROVERSION
        )
    except TaskError:
        return ""
    texts = [str(x["user_message"]) for x in messages if x.get("resource_uuid") == volume_id]
    return escape_controls(" ".join(texts[:3]))


def _finish_volume(task: Task, entry: Json, volume: Json) -> bool:
    actions = _list_missing_actions(entry, volume)
    if not task.is_check_mode:
        for action in actions:
            task.cloud.post("block_storage", f"/volumes/{quote_id(entry['id'])}/action", action)
    return bool(actions)


def _list_missing_actions(entry: Json, volume: Json) -> list[Json]:
    """Return the bodies of the requests that make bootable, image metadata and readonly right."""
    actions: list[Json] = []
    existing = volume.get("volume_image_metadata") or {}
    wanted = entry["image_metadata"]
    changed = {key: value for key, value in wanted.items() if existing.get(key) != value}
    if changed:
        actions.append({"os-set_image_metadata": {"metadata": changed}})
    actions.extend(
        {"os-unset_image_metadata": {"key": key}} for key in sorted(existing) if key not in wanted
    )
    if (str(volume.get("bootable")).lower() == "true") != entry["bootable"]:
        actions.append({"os-set_bootable": {"bootable": entry["bootable"]}})
    is_readonly = str((volume.get("metadata") or {}).get("readonly")).lower() == "true"
    if is_readonly != entry["readonly"]:
        actions.append({"os-update_readonly_flag": {"readonly": entry["readonly"]}})
    return actions


def _delete_temporary_images(task: Task, old_ids: set[str]) -> bool:
    images = find_temporary_images(task.cloud, old_ids)
    has_deleted = False
    for image in images:
        if task.is_check_mode:
            return True
        try:
            task.cloud.delete("image", f"/images/{quote_id(image['id'])}")
            has_deleted = True
        except ApiError as refusal:
            if refusal.status not in {403, 409}:
                raise
            task.warnings.append(
                f"temporary image {image['id']} stays, the cloud still needs it: {refusal.why}. "
                "Delete it when the volume that was made of it is gone."
            )
    return has_deleted
