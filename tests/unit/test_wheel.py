"""The wheel is complete: it installs and works where there is no checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command without the checkout's own settings; return it with its output as text."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OS_", "PYTHON", "VIRTUAL_ENV", "ANSIBLE_"))
    }
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment outside the checkout with nothing in it but the wheel, made from the sdist."""
    directory = tmp_path_factory.mktemp("wheel")
    for command in (
        ("uv", "build", "--quiet", "--out-dir", directory / "dist", CHECKOUT),
        ("uv", "venv", "--quiet", "--python", sys.executable, directory / "environment"),
    ):
        result = run(*command, cwd=directory)
        assert result.returncode == 0, result.stderr
    (wheel,) = (directory / "dist").glob("*.whl")
    python = directory / "environment" / "bin" / "python"
    result = run("uv", "pip", "install", "--quiet", "--python", python, wheel, cwd=directory)
    assert result.returncode == 0, result.stderr
    return directory / "environment"


def list_files(root: Path) -> set[str]:
    """The files below a directory as relative paths, without what Python compiled."""
    return {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_version(environment: Path, tmp_path: Path) -> None:
    """The command is installed and says the version that setup.cfg has."""
    result = run(environment / "bin" / "downpour", "--version", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    (version,) = [
        line.partition("=")[2].strip()
        for line in (CHECKOUT / "setup.cfg").read_text(encoding="utf-8").splitlines()
        if line.startswith("version =")
    ]
    assert result.stdout.split() == ["downpour", version]


def test_offline_command(environment: Path, tmp_path: Path) -> None:
    """All the problems of a bad resource file are listed, without a cloud and without settings."""
    (tmp_path / "bad.yml").write_text(
        "servers:\n  - nam: web\nvolume:\n  - name: data\nimages: []\n", encoding="utf-8"
    )
    result = run(environment / "bin" / "downpour", "plan", "bad.yml", cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    for problem in ("nam", "volume", "images"):
        assert problem in result.stderr
    assert "Traceback" not in result.stderr


def test_package_data(environment: Path, tmp_path: Path) -> None:
    """The installed package has every file of the checkout's, templates and collection too."""
    result = run(
        environment / "bin" / "python",
        "-c",
        "import downpour; print(downpour.__path__[0])",
        cwd=tmp_path,
    )
    installed = Path(result.stdout.strip())
    assert CHECKOUT not in installed.parents
    assert list_files(installed) == list_files(CHECKOUT / "downpour")
    assert any(name.startswith("playbook/templates/") for name in list_files(installed))
    assert (
        installed / "playbook/collections/ansible_collections/downpour/cloud/galaxy.yml"
    ).is_file()
