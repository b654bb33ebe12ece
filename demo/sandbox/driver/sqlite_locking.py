"""Make oslo.db behave on SQLite files in a service with many threads.

Stock oslo.db sends a deferred BEGIN at the start of every session.  On SQLite a transaction that
has read and then wants to write fails at once with "database is locked" when another thread has
committed in between; the busy timeout does not apply.  So here, as on PostgreSQL:

* reads run in autocommit and see what is committed;
* the first statement that writes begins the transaction with BEGIN IMMEDIATE, which waits;
* so does ``SELECT ... FOR UPDATE``, which SQLAlchemy sends to SQLite as a plain SELECT.  Without
  that, two threads read the same quota usage and the second one's update undoes the first one's
  (cinder/db/api.py, ``reservation_commit``).

oslo.db also opens the file anew for every transaction, a seventh of the time of a busy service.
Here connections are kept in a pool.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import sqlalchemy
from oslo_db.sqlalchemy import engines
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

BUSY_TIMEOUT_MS = 60_000
POOL_SIZE, POOL_OVERFLOW = 10, 200
FOR_UPDATE = "/* FOR UPDATE */"
READ_STATEMENT = re.compile(r"\s*(SELECT|PRAGMA|EXPLAIN)\b", re.IGNORECASE)


def needs_transaction(statement: str) -> bool:
    """Tell whether a statement writes, or locks what it reads."""
    return not READ_STATEMENT.match(statement) or statement.rstrip().endswith(FOR_UPDATE)


def match_expression(expression: str, item: object) -> bool:
    """Answer SQL's ``item REGEXP expression``."""
    return re.search(expression, str(item)) is not None


def install_locking() -> None:
    """Replace oslo.db's SQLite event handlers; must run before the first engine is made."""

    def listen_to_engine(engine: Any, sqlite_fk: bool = False, **_options: Any) -> None:
        @sqlalchemy.event.listens_for(engine, "connect")
        def prepare_connection(connection: sqlite3.Connection, _record: Any) -> None:
            connection.create_function("regexp", 2, match_expression)
            connection.isolation_level = None
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA synchronous=OFF")
            if sqlite_fk:
                connection.execute("PRAGMA foreign_keys=ON")

        @sqlalchemy.event.listens_for(engine, "before_cursor_execute")
        def begin_transaction(
            _connection: Any,
            cursor: sqlite3.Cursor,
            statement: str,
            _parameters: Any,
            _context: Any,
            _many: bool,
        ) -> None:
            if not cursor.connection.in_transaction and needs_transaction(statement):
                cursor.execute("BEGIN IMMEDIATE")

    @engines._init_connection_args.dispatch_for("sqlite")
    def keep_connections(_url: Any, engine_arguments: dict[str, Any], _options: Any) -> None:
        # Comes after oslo.db's own handler, which chose NullPool.
        engine_arguments.update(
            poolclass=sqlalchemy.pool.QueuePool,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
        )

    # A second handler for "sqlite" would be added to the first one, not replace it.
    engines._init_events = listen_to_engine
    SQLiteCompiler.for_update_clause = lambda *_arguments, **_options: f" {FOR_UPDATE}"
