"""What the services run in: their own virtual environment, and qemu-img."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import SandboxError

CONSTRAINTS = Path(__file__).with_name("constraints.txt")
ENTRY_POINTS = Path(__file__).parent / "driver" / "entry_points"
REPOSITORY = Path(__file__).parents[2]


def check_programs() -> None:
    """Raise ``SandboxError`` if a program from outside the Python package index is missing."""
    if shutil.which("qemu-img") is None:
        raise SandboxError("qemu-img is missing; run: apt-get install qemu-utils")
    if sys.platform != "linux":
        raise SandboxError(f"the sandbox runs on Linux only, not on {sys.platform}")


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Let one process at a time work under a lock; the others wait."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_uv() -> list[str] | None:
    """Return the command that runs uv, None if there is none."""
    if path := shutil.which("uv"):
        return [path]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv"]
    return None


def run_installer(command: list[str]) -> None:
    """Run one step of an installation; raise ``SandboxError`` with its output if it fails."""
    run = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if run.returncode:
        raise SandboxError(
            f"installing the services failed: {' '.join(command)}\n{run.stdout[-2000:]}"
        )


def prepare_environment(cache: Path) -> Path:
    """Return the services' virtual environment, installed from the pinned list if it is new.

    Its name holds a hash of that list and of the Python version, so another list makes another
    environment.  Raises ``SandboxError`` if the installation fails.
    """
    version = f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(CONSTRAINTS.read_bytes() + version.encode()).hexdigest()[:12]
    directory = cache / f"venv-{key}"
    is_complete = directory / "complete"
    if is_complete.exists():
        return directory
    with lock_file(cache / "cache.lock"):
        if is_complete.exists():
            return directory
        shutil.rmtree(directory, ignore_errors=True)
        install = ["install", "--requirement", str(CONSTRAINTS)]
        python = str(directory / "bin" / "python")
        if uv := find_uv():
            run_installer([*uv, "venv", "--quiet", "--python", sys.executable, str(directory)])
            run_installer([*uv, "pip", *install, "--quiet", "--python", python])
        else:
            run_installer([sys.executable, "-m", "venv", str(directory)])
            run_installer([python, "-m", "pip", *install, "--quiet"])
        is_complete.touch()
    return directory


def list_variables(environment: Path) -> dict[str, str]:
    """Return the environment variables for processes of the services.

    Nothing of the caller's own clouds (``OS_*``) or proxies gets in: all they talk to is here.
    """
    variables = {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith(("OS_", "PYTHON")) or name.lower().endswith("_proxy"))
    }
    variables["PATH"] = os.pathsep.join([str(environment / "bin"), os.environ.get("PATH", "")])
    variables["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY), str(ENTRY_POINTS)])
    variables["PYTHONWARNINGS"] = "ignore"
    return variables
