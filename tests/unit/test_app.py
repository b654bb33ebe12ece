"""The command line: exit statuses, and what is written where."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from downpour import app, errors
from downpour.app import DownpourApp, main
from downpour.errors import Problem


@pytest.fixture
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The only clouds.yaml there is; it has no cloud."""
    path = tmp_path_factory.mktemp("settings") / "clouds.yaml"
    path.write_text("clouds: {}\n")
    return path


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, clouds: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of this machine, an empty directory, and the logging as it was."""
    for name in list(os.environ):
        if name.startswith("OS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds))
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger("")
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def good_file(tmp_path: Path) -> str:
    """A resource file without a problem."""
    path = tmp_path / "good.yml"
    path.write_text("servers:\n  - name: web\n")
    return str(path)


def write_cloud(clouds: Path, auth_url: str) -> None:
    """Write a clouds.yaml with one cloud, ``there``."""
    auth = {
        "auth_url": auth_url,
        "username": "u",
        "password": "the-secret",
        "project_name": "p",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }
    content = {"clouds": {"there": {"auth": auth, "region_name": "R"}}}
    clouds.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["help", "query"], 0),
        (["plan", "missing.yml"], 2),
        (["query", "new.yml"], 2),
        (["plan", "--no-such-option"], 2),
        (["no-such-command"], 2),
        (["export"], 2),
    ],
)
def test_statuses_without_a_cloud(arguments: list[str], status: int) -> None:
    """Help succeeds; whatever is wrong with the command line or a file is status 2."""
    try:
        found = main(arguments)
    except SystemExit as error:
        found = int(str(error.code or 0))
    assert found == status


@pytest.mark.parametrize("command", ["plan", "export"])
def test_no_cloud_chosen(
    command: str, good_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without settings the status is that of credentials, and the message says what to set."""
    assert main([command, good_file]) == 4
    written = capsys.readouterr()
    assert written.out == ""
    assert "check clouds.yaml or the OS_* variables" in written.err
    assert sorted(os.listdir(tmp_path)) == ["good.yml"]


def test_a_cloud_that_is_not_in_the_settings(
    good_file: str, clouds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong name of a cloud is told with the name."""
    write_cloud(clouds, "http://127.0.0.1:1/v3")
    assert main(["--os-cloud", "elsewhere", "plan", good_file]) == 4
    assert "elsewhere" in capsys.readouterr().err


def test_an_unreachable_cloud(
    good_file: str, clouds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cloud that does not answer is status 1, one line, without a secret and without a trace."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        write_cloud(clouds, f"http://127.0.0.1:{closed.getsockname()[1]}/v3")
        assert main(["--os-cloud", "there", "plan", good_file]) == 1
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert "[unreachable]" in written
    assert "Traceback" not in written
    assert "the-secret" not in written


def test_the_file_is_read_before_the_cloud(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad file is told without logging in, all of its problems and in its order."""
    (tmp_path / "bad.yml").write_text("server: []\nimages: []\nvolumes:\n  - nam: x\n")
    assert main(["plan", "bad.yml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["bad.yml:1", "bad.yml:2", "bad.yml:4"]


def make_app(*arguments: str) -> DownpourApp:
    """Return an application that has read its global options."""
    application = DownpourApp()
    application.options, _ = application.parser.parse_known_args(list(arguments))
    application.configure_logging()
    return application


def raising(error: BaseException) -> Callable[[], int]:
    """Return an action that raises."""

    def act() -> int:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.DownpourError(Problem("c", "w")), 1),
        (errors.UsageError(Problem("c", "w")), 2),
        (errors.NothingFoundError(Problem("c", "w")), 3),
        (errors.CredentialsError(Problem("c", "w")), 4),
        (errors.MismatchError(Problem("c", "w")), 5),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("a bug"), 1),
    ],
)
def test_what_is_raised_becomes_a_status(error: BaseException, status: int) -> None:
    """Each kind of failure has its own exit status."""
    assert make_app().report_errors(raising(error)) == status


def test_a_status_is_handed_on() -> None:
    """What a command returns is what the program returns."""
    assert make_app().report_errors(lambda: 3) == 3


def test_a_bug_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A bug is one line on the screen, named as such, its text not able to steer the terminal."""
    make_app().report_errors(raising(ZeroDivisionError("a\nbug \x1b[31m")))
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert "downpour has a bug: ZeroDivisionError: a\\nbug \\x1b[31m" in written


def test_the_trace_of_a_bug_is_in_the_log_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log file has the trace that the screen is spared."""
    path = tmp_path / "log"
    make_app("--log-file", str(path)).report_errors(raising(ZeroDivisionError("a bug")))
    assert "Traceback" not in capsys.readouterr().err
    assert "Traceback" in path.read_text()
    assert "ZeroDivisionError: a bug" in path.read_text()


def test_debug_shows_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """With --debug the trace is on the screen."""
    make_app("--debug").report_errors(raising(ZeroDivisionError("a bug")))
    assert "Traceback" in capsys.readouterr().err


def test_the_log_file_is_private(tmp_path: Path) -> None:
    """The log file is made for its owner only, whatever the umask, and is appended to."""
    path = tmp_path / "log"
    before = os.umask(0)
    try:
        make_app("--log-file", str(path)).say("one")
        make_app("--log-file", str(path)).say("two")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert text.index("one") < text.index("two")


def test_messages_are_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Names in messages cannot forge a second line of the log, or colours on the screen."""
    path = tmp_path / "log"
    application = make_app("--log-file", str(path))
    application.say("a\n2026-01-01 ERROR forged \x1b[2J \u2028 % s %s {x}")
    shown = "a\\n2026-01-01 ERROR forged \\x1b[2J \\u2028 % s %s {x}"
    assert capsys.readouterr().err == shown + "\n"
    (line,) = path.read_text().splitlines()
    assert line.endswith(shown)


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """With -q only what went wrong is said."""
    application = make_app("-q")
    application.say("talk")
    application.report_errors(raising(errors.DownpourError(Problem("code", "what"))))
    assert capsys.readouterr().err == "what [code]\n"


def test_other_libraries_are_not_heard(capsys: pytest.CaptureFixture[str]) -> None:
    """The SDK's own warnings do not come between downpour's lines unless asked for."""
    make_app()
    logging.getLogger("keystoneauth").warning("noise")
    assert capsys.readouterr().err == ""
    make_app("-v")
    logging.getLogger("keystoneauth").warning("noise")
    assert "noise" in capsys.readouterr().err


def test_termination_is_an_interrupt() -> None:
    """SIGTERM lets the run clean up as Ctrl-C does."""
    with pytest.raises(KeyboardInterrupt):
        app._interrupt(15, None)


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["query", "--nonsense"], ["export"], ["plan"]]
)
def test_nothing_slow_is_imported_to_say_little(arguments: list[str]) -> None:
    """Version, help and refusals of a command line need neither the SDK nor Ansible."""
    code = (
        "import sys, atexit\n"
        "slow = ('openstack', 'keystoneauth1', 'os_client_config', 'ansible', 'ruamel', 'rich')\n"
        "atexit.register(lambda: print(*sorted(set(slow) & set(sys.modules)), file=sys.stderr))\n"
        f"from downpour.app import main\nsys.exit(main({arguments}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr.splitlines()[-1] == "", done.stderr
