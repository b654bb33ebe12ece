"""Create the empty, migrated SQLite files of one service.

``python -m demo.sandbox.driver.migrate SERVICE DIRECTORY``, where the directory is laid out and
configured as a cloud's.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

# The migration that inserts the rules which neutron gives to new security groups.
DEFAULT_RULES_REVISION = "c33da356b165"

DATABASES = {"nova": ("nova", "nova_api")}


def migrate_keystone(configuration: Path) -> None:
    """Run keystone's migrations."""
    from keystone.cmd import cli

    cli.main(argv=["keystone-manage", "--config-file", f"{configuration}/keystone.conf", "db_sync"])


def migrate_glance(configuration: Path) -> None:
    """Run glance's migrations."""
    from glance.cmd import manage

    sys.argv = ["glance-manage", "--config-file", f"{configuration}/glance-api.conf", "db", "sync"]
    manage.main()


def migrate_placement(configuration: Path) -> None:
    """Run placement's migrations."""
    from placement.cmd import manage

    file = f"{configuration}/placement.conf"
    sys.argv = ["placement-manage", "--config-file", file, "db", "sync"]
    manage.main()


def migrate_cinder(configuration: Path) -> None:
    """Run cinder's migrations."""
    from cinder.cmd import manage

    sys.argv = ["cinder-manage", "--config-file", f"{configuration}/cinder.conf", "db", "sync"]
    manage.main()


def migrate_nova(configuration: Path) -> None:
    """Run nova's migrations, those of the API's database and those of a cell's."""
    command = [str(Path(sys.prefix, "bin", "nova-manage"))]
    command += ["--config-file", f"{configuration}/nova.conf"]
    subprocess.run([*command, "api_db", "sync"], check=True)
    subprocess.run([*command, "db", "sync", "--local_cell"], check=True)


def migrate_neutron(configuration: Path) -> None:
    """Create neutron's newest schema and mark it as migrated.

    Its chain of migrations does not run on SQLite; neutron's own tests do the same.  What the
    migrations insert must then be inserted here: the default security group rules.
    """
    import sqlalchemy
    from neutron.db.migration import cli
    from neutron.db.migration.models import head

    path = configuration.parent / "db" / "neutron.sqlite"
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    metadata = head.get_metadata()
    metadata.create_all(engine)
    sys.argv = ["neutron-db-manage", "--config-file", f"{configuration}/neutron.conf"]
    sys.argv += ["stamp", "heads"]
    cli.main()

    from alembic.script import ScriptDirectory

    (alembic_configuration,) = (
        candidate
        for candidate in cli.get_alembic_configs()
        if candidate.get_main_option("neutron_project") in (None, "neutron")
    )
    scripts = ScriptDirectory.from_config(alembic_configuration)
    rules = scripts.get_revision(DEFAULT_RULES_REVISION).module.default_template_rules
    attributes = metadata.tables["standardattributes"]
    table = metadata.tables["securitygroupdefaultrules"]
    with engine.begin() as connection:
        for rule in rules:
            columns = dict(rule)
            description = columns.pop("description")
            inserted = connection.execute(
                attributes.insert().values(description=description, resource_type=table.name)
            )
            columns["standard_attr_id"] = inserted.inserted_primary_key[0]
            connection.execute(table.insert().values(columns))
    engine.dispose()


MIGRATIONS: dict[str, Callable[[Path], None]] = {
    "keystone": migrate_keystone,
    "glance": migrate_glance,
    "cinder": migrate_cinder,
    "neutron": migrate_neutron,
    "nova": migrate_nova,
    "placement": migrate_placement,
}


def main(service: str, directory: Path) -> None:
    """Create a service's databases and set SQLite's write-ahead log, which stays set."""
    os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
    os.environ["OS_CINDER_DISABLE_EVENTLET_PATCHING"] = "true"
    try:
        MIGRATIONS[service](directory / "etc")
    except SystemExit as stop:
        if stop.code:
            raise
    for name in DATABASES.get(service, (service,)):
        connection = sqlite3.connect(directory / "db" / f"{name}.sqlite")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
