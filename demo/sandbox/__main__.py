"""The command ``python -m demo.sandbox``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .cloud import Cloud
from .errors import SandboxError
from .processes import ProcessIdentity
from .sandbox import DEFAULT_NAMES, Sandbox, find_state_directory
from .services import PROCESSES


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.sandbox",
        description="Real OpenStack clouds on this machine, for the demo and the tests.",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=find_state_directory(),
        help="where all is kept (default: $DOWNPOUR_SANDBOX_DIR or %(default)s)",
    )
    parser.add_argument(
        "--cache-dir",
        type=Path,
        help="where the services' environment and empty databases are (default: the state's)",
    )
    parser.add_argument(
        "--owner-pid",
        type=int,
        help="up, reset: the services end when this process does",
    )
    parser.add_argument(
        "action",
        choices=("up", "down", "status", "reset"),
        help="up: start; down: stop; status: show; reset: stop, wipe and start afresh",
    )
    parser.add_argument(
        "names", metavar="NAME", nargs="*", default=list(DEFAULT_NAMES), help="default: src dst"
    )
    return parser.parse_args(arguments)


def find_owner(pid: int | None) -> ProcessIdentity | None:
    """Return the identity of the owner, None if nobody was named."""
    if pid is None:
        return None
    owner = ProcessIdentity.of_pid(pid)
    if owner is None:
        raise SandboxError(f"--owner-pid {pid}: there is no such process")
    return owner


def describe_process(service: str, process: ProcessIdentity) -> str:
    """Return one line about a service: its pid, memory and processor time."""
    directory = Path(f"/proc/{process.pid}")
    try:
        memory = (directory / "smaps_rollup").read_text("ascii").splitlines()
        stat = (directory / "stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return f"  {service:<9} pid {process.pid:<7} is ending"
    memory_mib = sum(int(line.split()[1]) for line in memory if line.startswith("Pss:")) >> 10
    cpu_seconds = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return f"  {service:<9} pid {process.pid:<7} {memory_mib:4} MiB  {cpu_seconds:7.1f} CPU s"


def show_status(cloud: Cloud) -> None:
    """Print what runs of a cloud."""
    if not cloud.is_filled:
        print(f"{cloud.name}: none")
        return
    state = "up" if cloud.is_running else "down"
    print(f"{cloud.name}: {state}, {cloud.urls['keystone']}/v3, {cloud.directory}")
    processes = cloud.list_processes()
    for service in PROCESSES:
        if service in processes:
            print(describe_process(service, processes[service]))
        elif processes:
            print(f"  {service:<9} not running")


def run_action(arguments: argparse.Namespace) -> int:
    """Do what the command line asks for; return the exit status."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {text}", file=sys.stderr)

    sandbox = Sandbox(arguments.state_dir, arguments.cache_dir, say)
    if arguments.action in ("down", "reset"):
        sandbox.stop_clouds(arguments.names, wipe=arguments.action == "reset")
    if arguments.action in ("up", "reset"):
        sandbox.start_clouds(arguments.names, find_owner(arguments.owner_pid))
        say("ready")
        print(f"export OS_CLIENT_CONFIG_FILE={sandbox.clouds_file}")
    if arguments.action == "status":
        clouds = [sandbox.open_cloud(name) for name in arguments.names]
        for cloud in clouds:
            show_status(cloud)
        return 0 if all(cloud.is_running for cloud in clouds) else 1
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    try:
        return run_action(parse_arguments(arguments))
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
