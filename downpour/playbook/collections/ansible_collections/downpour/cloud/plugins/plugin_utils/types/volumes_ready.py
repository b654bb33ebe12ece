"""All volumes are waited for and finished, and their temporary images removed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import ApiError, TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Operation, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.volume import (
    VOLUME,
    find_temporary_images,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.waiting import (
    Completion,
    Pair,
    complete_all,
    declare_entry,
    declare_timeout,
    describe_entry,
    note_failure,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, quote_id

if TYPE_CHECKING:
    from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Cloud

_UNFINISHED_STATUSES = frozenset({"creating", "downloading"})
_MESSAGES_MICROVERSION = "3.3"


def complete_volumes(task: Task) -> Result:
    """Wait, finish what is there, then report all that failed in one message."""
    return complete_all(task, task.arguments["volumes"], _COMPLETION)


def finish_volumes(task: Task, pairs: list[Pair], failures: list[str]) -> bool:
    """Set what cannot be set at the creation; delete the images that are needed no more."""
    images = find_temporary_images(task.cloud, {entry["old_id"] for entry, _ in pairs})
    has_changed = False
    for entry, volume in pairs:
        with note_failure(VOLUME, entry, failures):
            has_changed |= _finish_volume(task, entry, volume)
            has_changed |= _delete_images(task, entry, images.get(entry["old_id"], ()))
    return has_changed


def is_unfinished(volume: Json) -> bool:
    """Whether cinder is still making the volume."""
    return volume["status"] in _UNFINISHED_STATUSES


def find_problem(task: Task, volume: Json) -> str:
    """Return what is wrong with a volume, "" if it can be used."""
    status = str(volume["status"])
    if status.startswith("error"):
        reason = _explain_error(task.cloud, volume["id"])
        return f"{volume['id']} is in status {status}. {reason}".rstrip()
    return f"{volume['id']} is still in status {status}" if is_unfinished(volume) else ""


def is_bootable(volume: Json) -> bool:
    """Whether servers may boot from the volume; cinder says so as text."""
    return str(volume.get("bootable")).lower() == "true"


def is_readonly(volume: Json) -> bool:
    """Whether the volume is attached for reading only."""
    return str((volume.get("metadata") or {}).get("readonly")).lower() == "true"


def read_image_metadata(volume: Json) -> Json:
    """Return the image metadata of a volume."""
    return dict(volume.get("volume_image_metadata") or {})


def _explain_error(cloud: Cloud, volume_id: str) -> str:
    """Return what cinder tells users about a failed volume, "" if it says nothing."""
    try:
        messages = cloud.list_all(
            "block_storage", "/messages", "messages", microversion=_MESSAGES_MICROVERSION
        )
    except TaskError:
        return ""
    texts = [
        str(message["user_message"])
        for message in messages
        if message.get("resource_uuid") == volume_id
    ]
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
    existing = read_image_metadata(volume)
    wanted = entry["image_metadata"]
    changed = {key: value for key, value in wanted.items() if existing.get(key) != value}
    if changed:
        actions.append({"os-set_image_metadata": {"metadata": changed}})
    actions.extend(
        {"os-unset_image_metadata": {"key": key}} for key in sorted(existing) if key not in wanted
    )
    if is_bootable(volume) != entry["bootable"]:
        actions.append({"os-set_bootable": {"bootable": entry["bootable"]}})
    if is_readonly(volume) != entry["readonly"]:
        actions.append({"os-update_readonly_flag": {"readonly": entry["readonly"]}})
    return actions


def _delete_images(task: Task, entry: Json, images: Iterable[Json]) -> bool:
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
                f"{describe_entry(VOLUME, entry)}: temporary image {image['id']} stays, the cloud "
                f"still needs it: {refusal.why}. Delete it when the volume that was made of it is "
                "gone."
            )
    return has_deleted


_COMPLETION = Completion(VOLUME, is_unfinished, find_problem, finish_volumes)
VOLUMES_READY = Operation(
    name="volumes_ready",
    label="volumes",
    summary="waits for all volumes and finishes them",
    description=(
        "Waits for all volumes together, with one listing per round.",
        (
            "Then makes the bootable flag, the image metadata and the readonly flag those of the "
            "source, and deletes the temporary images."
        ),
        "A volume that downpour did not make is neither waited for nor changed.",
        "All volumes are finished before those that failed are reported.",
    ),
    services=("block_storage", "image"),
    arguments=(
        Argument(
            "volumes",
            "The volumes.",
            "list",
            "dict",
            options=(
                *declare_entry(VOLUME),
                Argument(
                    "bootable",
                    "Whether servers may boot from the volume.",
                    "bool",
                    default=False,
                    read=is_bootable,
                ),
                Argument(
                    "readonly",
                    "Whether the volume is attached for reading only.",
                    "bool",
                    wire=None,
                    default=False,
                    read=is_readonly,
                ),
                Argument(
                    "image_metadata",
                    "Image metadata, exactly what the volume is to have. The values are text.",
                    "dict",
                    wire="volume_image_metadata",
                    default={},
                    read=read_image_metadata,
                ),
            ),
            wire=None,
            is_required=True,
            unreadable="each entry is read from a volume of its own",
        ),
        declare_timeout(720),
    ),
    work=complete_volumes,
    example="""\
- name: Wait for the volumes
  downpour.cloud.volumes_ready:
    volumes:
      - id: "{{ volume_data.id }}"
        old_id: 7a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
        name: "data"
""",
)
