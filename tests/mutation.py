"""Puts random faults into ``downpour/`` and counts how many of them the fast tests notice.

``python -m tests.mutation --count 100 --seed 1`` tries each fault by itself in a copy of the
checkout: it is noticed if the tests fail or do not end in time.  Exit status 1 if fewer than 80 of
100 are noticed; the others are listed with their place.

A fault is one of these, at one place: a statement that only calls is dropped; so is a ``yield``, or
a ``raise``; a condition is negated; a comparison is turned (``<`` to ``<=``, ``==`` to ``!=``,
``in`` to ``not in``); ``and`` and ``or`` are swapped; ``None`` is returned.

Left out, because it cannot be noticed or says nothing: what is under ``if TYPE_CHECKING``;
``__repr__``; ``assert``; calls of ``debug``, which are words for the log; expressions within
f-strings, whose place Python 3.11 does not tell; in the collection ``modules`` and ``action``,
which are written by a command.  A condition that is nothing but ``==``, ``in`` or ``is`` is turned,
not negated, too: that is the same.

Why not mutmut or cosmic-ray: neither drops statements, which is what hurts here (a marker that is
not set, a journal that is not written).  cosmic-ray changes the checkout itself, one fault at a
time; mutmut runs a rewritten package, while tests here read the package's source.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = "downpour"
WRITTEN_BY_A_COMMAND = ("plugins/modules", "plugins/action")
TESTS = ("tests/unit", "tests/property", "tests/golden")
OPTIONS = ("-m", "not slow", "-x", "-q", "-p", "no:cacheprovider")
ENOUGH_PERCENT = 80
# A fault may make a program slow; only one that makes it much slower counts as noticed.
PATIENCE, LEAST_SECONDS = 5.0, 60.0
MEMORY_BYTES = 4 << 30
# Dropped by statements that stay valid wherever a statement stands.
NO_YIELD, NO_STATEMENT = "(yield from ())", "pass"
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
# What the other end of the tests said: they failed, or were stopped.
FAILED, STOPPED, PASSED = "failed", "stopped", "passed"


@dataclass(frozen=True)
class Fault:
    """One change of a source: what stands from ``begin`` to ``end``, in bytes, is replaced."""

    line: int
    begin: int
    end: int
    old: str
    new: str

    def apply(self, source: str) -> str:
        """Return the source with the fault in it."""
        data = source.encode()
        return (data[: self.begin] + self.new.encode() + data[self.end :]).decode()

    def describe(self) -> str:
        """Return the change on one line."""
        return f"{' '.join(self.old.split())}  ->  {self.new}"


def list_faults(source: str) -> list[Fault]:
    """Return every fault that a source can have, in the order of their places."""
    data = source.encode()
    starts = [0, *itertools.accumulate(map(len, data.splitlines(keepends=True)))]
    faults = []
    for node, new in _list_changes(ast.parse(source)):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        faults.append(Fault(node.lineno, begin, end, data[begin:end].decode(), new))
    return sorted(faults, key=lambda fault: (fault.begin, fault.end, fault.new))


def _list_changes(node: ast.AST) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    """Yield what can be replaced below a node, and by which text."""
    for child in ast.iter_child_nodes(node):
        if _is_left_out(child):
            continue
        if isinstance(child, ast.stmt):
            yield from _change_statement(child)
        if isinstance(child, ast.Compare):
            yield from _turn_comparisons(child)
        if isinstance(child, ast.BoolOp):
            other = ast.And() if isinstance(child.op, ast.Or) else ast.Or()
            yield child, f"({ast.unparse(ast.BoolOp(other, child.values))})"
        for condition in _list_conditions(child):
            if not _is_turned_whole(condition):
                yield condition, f"(not ({ast.unparse(condition)}))"
        yield from _list_changes(child)


def _is_left_out(node: ast.AST) -> bool:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.JoinedStr() | ast.Assert():
            return True
        case ast.FunctionDef(name="__repr__"):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="debug"))):
            return True
    return False


def _change_statement(statement: ast.stmt) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    match statement:
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield statement, NO_STATEMENT
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            yield statement, NO_YIELD
        case ast.Return(value=ast.expr() as value):
            if not (isinstance(value, ast.Constant) and value.value is None):
                yield value, "None"


def _list_conditions(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.If() | ast.While() | ast.IfExp():
            return [node.test]
        case ast.comprehension():
            return node.ifs
    return []


def _is_turned_whole(condition: ast.expr) -> bool:
    """Tell whether turning the condition's only comparison is the same as negating it."""
    match condition:
        case ast.Compare(ops=[operator]):
            return not isinstance(operator, ORDERS)
    return False


def _turn_comparisons(node: ast.Compare) -> Iterator[tuple[ast.expr, str]]:
    for place, operator in enumerate(node.ops):
        operators = [*node.ops[:place], TURNED[type(operator)](), *node.ops[place + 1 :]]
        yield node, f"({ast.unparse(ast.Compare(node.left, operators, node.comparators))})"


def list_sources(checkout: Path) -> list[Path]:
    """Return the package's files in which faults are made, as paths in the checkout."""
    sources = (path.relative_to(checkout) for path in (checkout / PACKAGE).rglob("*.py"))
    return sorted(
        path
        for path in sources
        if not any(part in path.as_posix() for part in WRITTEN_BY_A_COMMAND)
    )


def choose_faults(checkout: Path, count: int, seed: int) -> list[tuple[Path, Fault]]:
    """Return so many of all faults, each as likely as any other; the same for the same seed."""
    places = [
        (path, fault)
        for path in list_sources(checkout)
        for fault in list_faults((checkout / path).read_text(encoding="utf-8"))
    ]
    return random.Random(seed).sample(places, min(count, len(places)))


def copy_checkout(directory: Path) -> Path:
    """Return a copy of what git has of the checkout, or would have."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, directory / name)
    return directory


def run_tests(copy: Path, limit_seconds: float | None = None) -> str:
    """Run the tests in a copy; tell whether they passed, failed, or were stopped.

    Whatever the fault does, it does in the copy and in directories beside it.
    """
    scratch = copy.with_name(f"{copy.name}-scratch")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    paths = (copy, copy / PACKAGE / "playbook" / "collections")
    environment = {
        **os.environ,
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
    }
    with (scratch / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *TESTS, *OPTIONS],
            cwd=copy,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        try:
            return FAILED if process.wait(limit_seconds) else PASSED
        except subprocess.TimeoutExpired:
            return STOPPED
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def try_fault(copy: Path, path: Path, fault: Fault, limit_seconds: float) -> str:
    """Run the tests on a copy with one fault in it, and take the fault out again."""
    file = copy / path
    source = file.read_text(encoding="utf-8")
    before = file.stat()
    try:
        file.write_text(fault.apply(source), encoding="utf-8")
        # Python takes compiled code of the same second and size for that of this source.
        os.utime(file, (before.st_atime, before.st_mtime + 1 + fault.begin))
        return run_tests(copy, limit_seconds)
    finally:
        file.write_text(source, encoding="utf-8")
        os.utime(file, (before.st_atime, before.st_mtime))


def try_all(
    faults: Sequence[tuple[Path, Fault]],
    copies: Sequence[Path],
    limit_seconds: float,
    say: Callable[[str], None],
) -> list[str]:
    """Try faults, in all copies at the same time; return what became of each."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def try_one(place: tuple[Path, Fault]) -> str:
        copy = free.get()
        try:
            result = try_fault(copy, *place, limit_seconds)
        finally:
            free.put(copy)
        if result != FAILED:
            path, fault = place
            word = "NOT NOTICED" if result == PASSED else "stopped"
            say(f"{word}: {path}:{fault.line}: {fault.describe()}")
        return result

    pool = ThreadPoolExecutor(len(copies))
    try:
        return list(pool.map(try_one, faults))
    finally:
        # After Ctrl-C those that run are still waited for: their copies are about to go.
        pool.shutdown(cancel_futures=True)


def main() -> int:
    """Run the script; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100, help="how many faults (100)")
    parser.add_argument("--seed", type=int, default=1, help="which ones are drawn (1)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at the same time (2)")
    arguments = parser.parse_args()
    faults = choose_faults(CHECKOUT, arguments.count, arguments.seed)
    with tempfile.TemporaryDirectory(prefix="mutation-") as directory:
        names = [f"copy-{number}" for number in range(arguments.jobs)]
        copies = [copy_checkout(Path(directory, name)) for name in names]
        began = time.monotonic()
        if run_tests(copies[0]) != PASSED:
            sys.exit("the tests do not even pass without a fault")
        limit_seconds = max(LEAST_SECONDS, PATIENCE * (time.monotonic() - began))
        results = try_all(faults, copies, limit_seconds, lambda line: print(line, flush=True))
    noticed = len(results) - results.count(PASSED)
    stopped = results.count(STOPPED)
    print(f"{noticed} of {len(results)} noticed, {stopped} of them by the time limit")
    return 0 if noticed * 100 >= ENOUGH_PERCENT * len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
