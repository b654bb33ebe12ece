"""What starting ``downpour`` costs, as a share of ``import openstack`` in the same run.

``python -m tests.bench.startup`` needs no cloud.  Exits with status 1 when a command line that
asks nothing of a cloud costs more than 0.35 of that import.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MOST_SHARE = 0.35
DOWNPOUR = str(Path(sys.executable).with_name("downpour"))
REFERENCE = (sys.executable, "-c", "import openstack")
# Help and version, and command lines that are refused.
COMMANDS = (
    (DOWNPOUR, "--version"),
    (DOWNPOUR, "--help"),
    (DOWNPOUR, "query", "--nonsense"),
    (DOWNPOUR, "plan"),
)


def measure_command(command: Sequence[str]) -> float:
    """Run a command; return the CPU seconds that it took, whatever it said."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # it was waited for here
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    """Run the benchmark; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=7)
    arguments = parser.parse_args()
    commands = (REFERENCE, *COMMANDS)
    # In turns, so that a busy moment of the machine meets all of them; the first warms the cache.
    rounds = [
        [measure_command(command) for command in commands] for _ in range(arguments.repetitions + 1)
    ][1:]
    medians = [statistics.median(seconds) for seconds in zip(*rounds, strict=True)]
    for command, seconds in zip(commands, medians, strict=True):
        words = " ".join([Path(command[0]).name, *command[1:]])
        print(f"{words}: {seconds:.3f} s of CPU, {seconds / medians[0]:.2f}")
    return int(max(medians[1:]) > MOST_SHARE * medians[0])


if __name__ == "__main__":
    sys.exit(main())
