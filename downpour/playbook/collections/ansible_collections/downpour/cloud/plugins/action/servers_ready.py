"""Wait for all servers, and stop those that were stopped in the source."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.downpour.cloud.plugins.action.server import MICROVERSION, SERVER, STOP_TAG
from ansible_collections.downpour.cloud.plugins.plugin_utils.action import ImportAction, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.cloud import Json, quote_id
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task, is_placeholder
from ansible_collections.downpour.cloud.plugins.plugin_utils.marker import make_marker
from ansible_collections.downpour.cloud.plugins.plugin_utils.polling import wait_until
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import (
    describe_resource,
    escape_controls,
)


class ActionModule(ImportAction):
    """All servers of the import that downpour made; others are left alone."""

    TYPE_NAME = "servers"
    SERVICES = ("compute",)

    def act(self, task: Task) -> Result:
        """Wait until they are built, stop some, then report all that failed in one message."""
        wanted = [s for s in task.arguments["servers"] if not is_placeholder(s["id"])]
        has_changed = len(wanted) < len(task.arguments["servers"])
        servers = _wait_for_servers(task, wanted, _is_building)
        failures: list[str] = []
        for entry in wanted:
            problem = _find_problem(entry, servers.get(entry["id"]))
            if problem:
                label = describe_resource("server", entry["name"], entry["old_id"])
                failures.append(f"{label}: {problem}")
        has_changed |= _stop_servers(
            task, [entry for entry in wanted if entry["is_stopped"]], servers
        )
        if failures:
            raise TaskError(
                f"{len(failures)} of {len(wanted)} are not usable",
                "; ".join(failures),
                "Delete them in the destination, correct the cause, then run the playbook again.",
            )
        return {"changed": has_changed}


def _wait_for_servers(
    task: Task, wanted: list[Json], is_busy: Callable[[Json], bool]
) -> dict[str, Json]:
    """Return the project's servers by id once none of the wanted ones that are ours is busy."""
    servers: dict[str, Json] = {}

    def are_finished() -> bool:
        servers.clear()
        servers.update({x["id"]: x for x in SERVER.list_all(task.cloud, {})} if wanted else {})
        found = [(entry, servers[entry["id"]]) for entry in wanted if entry["id"] in servers]
        return task.is_check_mode or not any(
            is_busy(server) and _is_ours(entry, server) for entry, server in found
        )

    wait_until(are_finished, task.arguments["timeout_minutes"] * 60)
    return servers


def _is_ours(entry: Json, server: Json) -> bool:
    return make_marker(entry["old_id"]) in (server.get("tags") or ())


def _is_building(server: Json) -> bool:
    return bool(server["status"] == "BUILD")


def _is_stopping(server: Json) -> bool:
    return bool(server["status"] == "ACTIVE")


def _find_problem(entry: Json, server: Json | None) -> str:
    if server is None:
        return f"there is no server {escape_controls(entry['id'])} in the project"
    if not _is_ours(entry, server):
        return ""
    if server["status"] == "ERROR":
        fault = str((server.get("fault") or {}).get("message") or "nova tells no reason")
        return f"{entry['id']} is in status ERROR. {escape_controls(fault)}"
    return f"{entry['id']} is still being built" if _is_building(server) else ""


def _stop_servers(task: Task, entries: list[Json], servers: dict[str, Json]) -> bool:
    """Stop what still carries the tag for it, and take the tag away once it is stopped."""
    tagged = [
        entry
        for entry in entries
        if STOP_TAG in (servers.get(entry["id"], {}).get("tags") or ())
        and _is_ours(entry, servers[entry["id"]])
        and servers[entry["id"]]["status"] in {"ACTIVE", "SHUTOFF"}
    ]
    if not tagged or task.is_check_mode:
        return bool(tagged)
    for entry in tagged:
        if servers[entry["id"]]["status"] == "ACTIVE":
            address = f"/servers/{quote_id(entry['id'])}/action"
            task.cloud.post("compute", address, {"os-stop": None}, MICROVERSION)
    servers = _wait_for_servers(task, tagged, _is_stopping)
    for entry in tagged:
        if servers.get(entry["id"], {}).get("status") == "SHUTOFF":
            address = f"/servers/{quote_id(entry['id'])}/tags/{quote_id(STOP_TAG)}"
            task.cloud.delete("compute", address, MICROVERSION)
        else:
            label = describe_resource("server", entry["name"], entry["old_id"])
            task.warnings.append(f"{label}: does not stop; the next run tries again")
    return True
