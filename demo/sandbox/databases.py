"""The services' SQLite files: migrated once, copied for each cloud."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import tempfile
import uuid
from contextlib import closing
from pathlib import Path

from . import configuration
from .environment import REPOSITORY, list_variables, lock_file
from .errors import SandboxError
from .services import PORT_OFFSETS, list_urls

# Rows that migrations insert with an id drawn at that time: two clouds must not share them.
DRAWN_IDS = {"cinder": ("volume_types",), "neutron": ("securitygroupdefaultrules",)}


def prepare_templates(cache: Path, environment: Path) -> Path:
    """Return the directory with the migrated databases, made now if it is new.

    Raises ``SandboxError`` if a service's migration fails, with the end of its log.
    """
    code = Path(__file__).parent / "driver" / "migrate.py"
    key = hashlib.sha256(environment.name.encode() + code.read_bytes()).hexdigest()[:12]
    directory = cache / f"templates-{key}"
    if directory.exists():
        return directory
    with lock_file(cache / "cache.lock"):
        if not directory.exists():
            with tempfile.TemporaryDirectory(dir=cache, prefix="migrate-") as temporary:
                migrate_databases(Path(temporary), environment)
                (Path(temporary) / "db").rename(directory)
    return directory


def migrate_databases(directory: Path, environment: Path) -> None:
    """Run all services' migrations at once, in a directory laid out as a cloud's."""
    configuration.write_configuration(
        directory, "template", list_urls(1), "unused", environment / "etc"
    )
    runs = {}
    for service in PORT_OFFSETS:
        with (directory / "log" / f"{service}.out").open("wb") as log:
            runs[service] = subprocess.Popen(
                [
                    str(environment / "bin" / "python"),
                    *("-m", "demo.sandbox.driver.migrate", service, str(directory)),
                ],
                env=list_variables(environment),
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
    failed = [service for service, run in runs.items() if run.wait()]
    if failed:
        text = (directory / "log" / f"{failed[0]}.out").read_text("utf-8", "replace")
        raise SandboxError(f"{failed[0]}'s databases could not be made:\n{text[-3000:]}")


def copy_databases(templates: Path, directory: Path) -> None:
    """Give a new cloud its databases."""
    for path in templates.glob("*.sqlite"):
        shutil.copy(path, directory / path.name)
    shutil.copy(templates / "nova.sqlite", directory / "nova_cell0.sqlite")
    for service, tables in DRAWN_IDS.items():
        with closing(sqlite3.connect(directory / f"{service}.sqlite")) as connection, connection:
            for table in tables:
                rows = connection.execute(f"SELECT id FROM {table}").fetchall()
                connection.executemany(
                    f"UPDATE {table} SET id = ? WHERE id = ?",
                    [(str(uuid.uuid4()), row[0]) for row in rows],
                )


def move_endpoints(directory: Path, old_port_base: int, new_port_base: int) -> None:
    """Change the ports in the service catalog of a cloud that is not running."""
    old_urls, new_urls = list_urls(old_port_base), list_urls(new_port_base)
    with closing(sqlite3.connect(directory / "keystone.sqlite")) as connection, connection:
        for service, old_url in old_urls.items():
            connection.execute(
                "UPDATE endpoint SET url = ? || substr(url, ?) WHERE url = ? OR url LIKE ?",
                (new_urls[service], len(old_url) + 1, old_url, f"{old_url}/%"),
            )
