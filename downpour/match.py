"""Name patterns.

A pattern without ``/`` is matched against the whole name with :func:`fnmatch.fnmatchcase`. In a
pattern with ``/``, ``*`` stays inside one segment of the name and a segment ``**`` stands for any
number of segments.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

import fnmatch2

_PRIVATE_USE = range(0xE000, 0xF900)


def match_name(name: str, pattern: str) -> bool:
    """Tell whether ``name`` as a whole, case and all, matches ``pattern``."""
    if "/" not in pattern:
        return fnmatch.fnmatchcase(name, pattern)
    # fnmatch2 takes a backslash for a separator; in a name it is a character like any other.
    used = set(name) | set(pattern)
    stand_in = next(chr(code) for code in _PRIVATE_USE if chr(code) not in used)
    return _match_segments(
        name.replace("\\", stand_in).split("/"), pattern.replace("\\", stand_in).split("/")
    )


def _match_segments(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Match all of ``names``: fnmatch2 is content with a prefix and never takes ``**`` back."""
    if "**" not in patterns:
        return len(names) == len(patterns) and bool(
            fnmatch2.fnmatchcase2("/".join(names), "/".join(patterns))
        )
    split = patterns.index("**")
    if len(names) < split or not _match_segments(names[:split], patterns[:split]):
        return False
    rest = patterns[split + 1 :]
    return any(_match_segments(names[start:], rest) for start in range(split, len(names) + 1))
