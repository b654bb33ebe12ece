"""How the demo talks: numbered steps, the commands it runs, and a few lines of their output."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

STEP_COUNT = 8


class CommandError(Exception):
    """A command of the demo ended with another exit status than it should."""


class Narrator:
    """Prints the steps and the commands, on standard output and in order."""

    def __init__(self) -> None:
        self.number = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One numbered step; says how many seconds it took."""
        self.number += 1
        say(f"\n[{self.number}/{STEP_COUNT}] {title}")
        begin = time.monotonic()
        yield
        say(f"      done in {time.monotonic() - begin:.0f} s")


def say(text: str = "") -> None:
    """Print a line at once, also when standard output is a file."""
    print(text, flush=True)


def show_file(path: Path) -> None:
    """Print a text file, indented."""
    for line in path.read_text(encoding="utf-8").splitlines():
        say(f"      {line}")


def run_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    log: Path | None = None,
) -> str:
    """Show a command and run it; return what it wrote to ``log``.

    Without ``log`` it talks to the demo's own output. With it, both streams go to that file, whose
    end is shown when the command fails. Raises ``CommandError`` when it fails.
    """
    shown = shlex.join(command)
    say(f"    $ {shown}")
    full_environment = {**os.environ, **environment}
    if log is None:
        status = subprocess.run(
            command, env=full_environment, cwd=directory, stdin=subprocess.DEVNULL, check=False
        ).returncode
        text = ""
    else:
        with log.open("w", encoding="utf-8") as output:
            status = subprocess.run(
                command,
                env=full_environment,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        text = log.read_text(encoding="utf-8", errors="replace")
    if status not in (0, 3):  # 3: done, and something was left out, which was said
        sys.stderr.write("\n".join(text.splitlines()[-60:]) + "\n")
        raise CommandError(f"{shown}: exit status {status}")
    return text
