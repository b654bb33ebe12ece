"""The two ends of a move as the tests drive them: the real command line, run by two members."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from demo.sandbox.projects import Project
from downpour.app import main

SOURCE, DESTINATION = "source", "destination"
_BIN = Path(sys.executable).parent
_TIMEOUT_SECONDS = 300


def list_writes(project: Project, since: int) -> list[str]:
    """Return a project's requests for a change after a mark, as text for a message."""
    return [
        f"{request.method} {request.service}{request.path} {request.status}"
        for request in project.list_requests(since, writes=True)
    ]


@contextlib.contextmanager
def expect_no_writes(project: Project) -> Iterator[None]:
    """Fail if the project is asked to change anything meanwhile."""
    mark = project.mark_requests()
    yield
    assert list_writes(project, mark) == []


@dataclasses.dataclass(frozen=True)
class Run:
    """A command that ended: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    def expect(self, status: int = 0) -> Run:
        """Return this run; fail with all it wrote when it ended otherwise."""
        assert self.status == status, f"exit status {self.status}\n{self.out}\n{self.err}"
        return self

    @property
    def recap(self) -> dict[str, int]:
        """The last line of ``ansible-playbook``: ok, changed, failed, …."""
        line = [line for line in self.out.splitlines() if line.startswith("localhost ")][-1]
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}


class Workplace:
    """A directory with a ``clouds.yaml`` of its own, where a person runs the commands."""

    def __init__(self, directory: Path, source: Project, destination: Project | None = None):
        self.directory = directory
        self.source = source
        self.destination = destination
        directory.mkdir(parents=True, exist_ok=True)
        entries = {SOURCE: source.credentials}
        if destination:
            entries[DESTINATION] = destination.credentials
        (directory / "clouds.yaml").write_text(yaml.safe_dump({"clouds": entries}), "utf-8")

    def list_variables(self, cloud: str) -> dict[str, str]:
        """Return the environment of a command: the caller's, without any other cloud."""
        variables = {name: value for name, value in os.environ.items() if name[:3] != "OS_"}
        return variables | {
            "OS_CLIENT_CONFIG_FILE": str(self.directory / "clouds.yaml"),
            "OS_CLOUD": cloud,
            "ANSIBLE_NOCOLOR": "1",
            "COLUMNS": "200",
        }

    def write(self, name: str, text: str) -> Path:
        """Write a text file and return its path."""
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def select(self, name: str = "resources.yml", **sections: Sequence[Any]) -> Path:
        """Write a resource file: a section's items are ids, or whole entries."""
        document = {
            section: [item if isinstance(item, dict) else {"id": item} for item in items]
            for section, items in sections.items()
            if items
        }
        return self.write(name, yaml.safe_dump(document, allow_unicode=True))

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        """Start ``downpour`` against the source and do not wait for it."""
        return self._start([str(_BIN / "downpour"), *map(str, arguments)], SOURCE, **options)

    def downpour(self, *arguments: object, **options: Any) -> Run:
        """Run ``downpour`` against the source."""
        return _finish(self.start(*arguments, **options))

    def call(self, *arguments: object, **variables: str) -> Run:
        """Run ``downpour`` against the source in this process, which saves its start."""
        out, err = io.StringIO(), io.StringIO()
        environment = self.list_variables(SOURCE) | variables
        root = logging.getLogger()
        handlers, level, terminate = root.handlers[:], root.level, signal.getsignal(signal.SIGTERM)
        try:
            with (
                patch.dict(os.environ, environment, clear=True),
                contextlib.chdir(self.directory),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
            ):
                status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            signal.signal(signal.SIGTERM, terminate)
        return Run(status, out.getvalue(), err.getvalue())

    def start_playbook(self, bundle: Path, *arguments: str) -> subprocess.Popen[str]:
        """Start ``ansible-playbook`` in a bundle, against the destination."""
        command = [str(_BIN / "ansible-playbook"), "playbook.yml", *arguments]
        return self._start(command, DESTINATION, cwd=bundle)

    def play(self, bundle: Path, *arguments: str) -> Run:
        """Run ``ansible-playbook`` in a bundle, against the destination."""
        return _finish(self.start_playbook(bundle, *arguments))

    def _start(self, command: list[str], cloud: str, **options: Any) -> subprocess.Popen[str]:
        settings: dict[str, Any] = {
            "cwd": self.directory,
            "env": self.list_variables(cloud),
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "encoding": "utf-8",
            "errors": "replace",
            # Forked workers die with it, too.
            "start_new_session": True,
        }
        return subprocess.Popen(command, **(settings | options))


def _finish(process: subprocess.Popen[str]) -> Run:
    out, err = process.communicate(timeout=_TIMEOUT_SECONDS)
    return Run(process.returncode, out or "", err or "")


finish = _finish


def wait_for(is_true: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Return the first true value; fail when it takes too long."""
    end = time.monotonic() + seconds
    while not (value := is_true()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.005)
    return value


def copy_bundle(bundle: Path, directory: Path) -> Path:
    """Return a copy of a bundle; the data are links to the same files."""
    return shutil.copytree(bundle, directory, copy_function=_link_data)


def _link_data(source: str, target: str) -> str:
    if Path(source).parent.name == "data":
        os.link(source, target)
        return target
    return str(shutil.copy2(source, target))


def read_rows(bundle: Path) -> list[dict[str, str]]:
    """Return the rows of ``uuids.csv``."""
    with (bundle / "uuids.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_new_ids(bundle: Path) -> dict[tuple[str, str], str]:
    """Return the new ids by ``(resource type, old id)``; fail when one has two rows."""
    rows = read_rows(bundle)
    new_ids = {(row["Resource Type"], row["Old"]): row["New"] for row in rows}
    assert len(new_ids) == len(rows), rows
    return new_ids


def write_rows(bundle: Path, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Write ``uuids.csv`` as a person might, in a text editor."""
    lines = ["Resource Type,Resource Name,Old,New", *(",".join(row) for row in rows)]
    (bundle / "uuids.csv").write_text("\n".join(lines), encoding="utf-8")


def read_journal(bundle: Path) -> list[dict[str, Any]]:
    """Return the events of an unfinished export."""
    try:
        text = (bundle / "journal.jsonl").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]
