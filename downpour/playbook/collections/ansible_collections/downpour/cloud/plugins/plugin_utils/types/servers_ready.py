"""All servers are waited for, and those stopped that were stopped in the source."""

from __future__ import annotations

from ansible_collections.downpour.cloud.plugins.plugin_utils.argument import Argument
from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import STOP_TAG
from ansible_collections.downpour.cloud.plugins.plugin_utils.identity import Task
from ansible_collections.downpour.cloud.plugins.plugin_utils.module import Operation, Result
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls
from ansible_collections.downpour.cloud.plugins.plugin_utils.types.server import SERVER
from ansible_collections.downpour.cloud.plugins.plugin_utils.waiting import (
    Completion,
    Pair,
    complete_all,
    declare_entry,
    declare_timeout,
    describe_entry,
    note_failure,
    wait_for_all,
)
from ansible_collections.downpour.cloud.plugins.plugin_utils.wire import Json, quote_id


def complete_servers(task: Task) -> Result:
    """Wait until they are built, stop some, then report all that failed in one message."""
    return complete_all(task, task.arguments["servers"], _COMPLETION)


def stop_servers(task: Task, pairs: list[Pair], failures: list[str]) -> bool:
    """Stop what still carries the tag for it, and take the tag away once it is stopped."""
    tagged = [
        (entry, server)
        for entry, server in pairs
        if entry["is_stopped"]
        and STOP_TAG in (server.get("tags") or ())
        and server["status"] in {"ACTIVE", "SHUTOFF"}
    ]
    if not tagged or task.is_check_mode:
        return bool(tagged)
    stopping: list[Json] = []
    for entry, server in tagged:
        with note_failure(SERVER, entry, failures):
            if server["status"] == "ACTIVE":
                address = f"/servers/{quote_id(entry['id'])}/action"
                task.cloud.post(SERVER.service, address, {"os-stop": None}, SERVER.microversion)
            stopping.append(entry)
    servers = wait_for_all(task, SERVER, stopping, is_active)
    for entry in stopping:
        if servers.get(entry["id"], {}).get("status") == "SHUTOFF":
            address = f"/servers/{quote_id(entry['id'])}/tags/{quote_id(STOP_TAG)}"
            with note_failure(SERVER, entry, failures):
                task.cloud.delete(SERVER.service, address, SERVER.microversion)
        else:
            label = describe_entry(SERVER, entry)
            task.warnings.append(f"{label}: does not stop; the next run tries again")
    return True


def find_problem(task: Task, server: Json) -> str:
    """Return what is wrong with a server, "" if it can be used."""
    if server["status"] == "ERROR":
        fault = str((server.get("fault") or {}).get("message") or "nova tells no reason")
        return f"{server['id']} is in status ERROR. {escape_controls(fault)}"
    return f"{server['id']} is still being built" if is_building(server) else ""


def is_building(server: Json) -> bool:
    """Whether nova is still making the server."""
    return bool(server["status"] == "BUILD")


def is_active(server: Json) -> bool:
    """Whether the server runs."""
    return bool(server["status"] == "ACTIVE")


def is_shut_off(server: Json) -> bool:
    """Whether the server is switched off."""
    return bool(server["status"] == "SHUTOFF")


_COMPLETION = Completion(SERVER, is_building, find_problem, stop_servers)
SERVERS_READY = Operation(
    name="servers_ready",
    label="servers",
    summary="waits for all servers and stops some of them",
    description=(
        "Waits for all servers together, with one listing per round.",
        (
            "Then stops those that were stopped in the source; each only once, so that a server "
            "which somebody started later keeps running."
        ),
        "A server that downpour did not make is neither waited for nor changed.",
    ),
    services=("compute",),
    arguments=(
        Argument(
            "servers",
            "The servers.",
            "list",
            "dict",
            options=(
                *declare_entry(SERVER),
                Argument(
                    "is_stopped",
                    "Whether the server is to be stopped.",
                    "bool",
                    wire=None,
                    default=False,
                    read=is_shut_off,
                ),
            ),
            wire=None,
            is_required=True,
            unreadable="each entry is read from a server of its own",
        ),
        declare_timeout(60),
    ),
    work=complete_servers,
    example="""\
- name: Wait for the servers
  downpour.cloud.servers_ready:
    servers:
      - id: "{{ server_web.id }}"
        old_id: 8a1b2c3d-5b6c-4d7e-9f0a-4a578a8c9d3f
        name: "web"
        is_stopped: true
""",
)
