"""What a project had before an object was made that no service lets us mark.

A killed task may have made its object without recording it. What has the same name and was not
there before is that object. The ids of what was there are on the disk before the request is sent,
one JSON document a line; the last one of a resource counts.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.downpour.cloud.plugins.plugin_utils.facts import PENDING_FILE
from ansible_collections.downpour.cloud.plugins.plugin_utils.failure import TaskError
from ansible_collections.downpour.cloud.plugins.plugin_utils.text import escape_controls

_MODE = 0o600


@dataclass(frozen=True)
class Attempt:
    """The state before an object is made: the ids of what there is, and the id of the row.

    `recorded` is what uuids.csv says, of an object that is not there any more; None without a row.
    """

    type_name: str
    old_id: str
    existing: list[str]
    recorded: str | None


def note_attempt(directory: Path, attempt: Attempt) -> None:
    """Write down that an object is about to be made; on disk on return. Raises TaskError."""
    path = directory / PENDING_FILE
    # The first line end is for a line that a crash cut short.
    line = f"\n{json.dumps(asdict(attempt))}\n".encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _MODE)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise TaskError(escape_controls(str(path)), str(error.strerror)) from error


def find_attempt(directory: Path, type_name: str, old_id: str) -> Attempt | None:
    """Return the last attempt to make an object, None if there was none; raises TaskError."""
    path = directory / PENDING_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise TaskError(escape_controls(str(path)), str(error)) from error
    for line in reversed(lines):
        try:
            attempt = Attempt(**json.loads(line))
        except (ValueError, TypeError):
            # Cut short by a crash: the request that it was for was not sent.
            continue
        if (attempt.type_name, attempt.old_id) == (type_name, old_id):
            return attempt
    return None
