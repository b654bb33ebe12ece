"""Imports go one way, and every library has one door."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from downpour.resources import RESOURCE_TYPES

PACKAGE = Path(__file__).resolve().parents[2] / "downpour"
COLLECTION = PACKAGE / "playbook" / "collections"

# doc/source/architecture.rst draws the same layers. A part may import its own layer and lower ones.
LAYERS = (
    {"collection", "errors", "files", "text"},
    {"resources", "selection", "match", "cloud"},
    {"walk", "bundle"},
    {"query", "plan", "capture", "transfer", "report", "playbook"},
    {"export"},
    {"commands", "app", "__main__"},
)

DOORS = {
    "ansible_collections": {"collection"},
    "os_client_config": {"cloud"},
    "openstack": {"cloud", "capture", "transfer"},
    "keystoneauth1": {"cloud", "capture", "transfer"},
    "cliff": {"app", "commands"},
    "fnmatch2": {"match"},
    "ruamel": {"selection"},
    "jinja2": {"playbook", "report"},
    "ansible": set(),
}


def list_modules() -> dict[str, Path]:
    """The modules of the package by their dotted names, without the collection's plugins."""
    modules = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if COLLECTION not in path.parents:
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


def walk_code(node: ast.AST, is_typing_included: bool) -> Iterator[ast.AST]:
    """All nodes below this one, with or without what is under ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        is_typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
        if is_typing_included or not is_typing:
            yield child
            yield from walk_code(child, is_typing_included)


@functools.cache
def read_imports(path: Path, is_typing_included: bool = True) -> frozenset[str]:
    """The dotted names that a file imports anywhere, ``from a import b`` as both a and a.b."""
    return frozenset(find_imports(path, is_typing_included))


def find_imports(path: Path, is_typing_included: bool) -> Iterator[str]:
    """Yield them as they stand there."""
    for node in walk_code(ast.parse(path.read_text(encoding="utf-8")), is_typing_included):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def find_layer(part: str) -> int:
    """The number of the layer that a top-level part of the package is in."""
    for number, parts in enumerate(LAYERS):
        if part in parts:
            return number
    raise AssertionError(f"downpour.{part} is in no layer: add it to LAYERS and to the docs")


MODULES = list_modules()


@pytest.mark.parametrize("module", [name for name in MODULES if name != "downpour"])
def test_imports_go_down(module: str) -> None:
    """No module imports one of a higher layer."""
    part = module.split(".")[1]
    for imported in read_imports(MODULES[module]):
        if imported in MODULES and imported != "downpour":
            other = imported.split(".")[1]
            assert find_layer(other) <= find_layer(part), f"{module} imports {imported}"


def test_no_import_cycle() -> None:
    """No two modules need each other to run, so each can be read after the ones it imports."""
    graph = {}
    for module, path in MODULES.items():
        imported = read_imports(path, is_typing_included=False)
        # A module of a package names the package, whose __init__ may import the module.
        graph[module] = {
            name
            for name in imported & MODULES.keys()
            if name != module and not module.startswith(f"{name}.")
        }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(error.args[1]))


def test_no_circle_of_folders() -> None:
    """No two parts of the package need each other, at run time or for types."""
    graph: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        if module == "downpour":
            continue
        part = module.split(".")[1]
        parts = {
            name.split(".")[1] for name in read_imports(path) if name in MODULES and "." in name
        }
        graph.setdefault(part, set()).update(parts - {part})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(error.args[1]))


def list_names_of_types(path: Path) -> Iterator[str]:
    """The names of resource types that stand as text in a file, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in RESOURCE_TYPES:
            yield f"{path.name}:{node.lineno}: {node.value}"


@pytest.mark.parametrize(
    "module", [name for name in MODULES if not name.startswith("downpour.resources")]
)
def test_no_type_is_named_outside_its_module(module: str) -> None:
    """What is true of one type only stands in its module, so no other has to name it."""
    assert list(list_names_of_types(MODULES[module])) == []


@pytest.mark.parametrize("library", DOORS)
def test_every_library_has_its_doors(library: str) -> None:
    """A library is only imported where it was decided that it is."""
    found = {
        module.split(".")[1]
        for module, path in MODULES.items()
        if module != "downpour"
        and any(name.split(".")[0] == library for name in read_imports(path))
    }
    assert found <= DOORS[library]


def test_collection_does_without_downpour() -> None:
    """What is copied into a bundle imports nothing of downpour: the far end does not have it."""
    for path in COLLECTION.rglob("*.py"):
        for name in read_imports(path):
            assert name.split(".")[0] != "downpour", f"{path} imports {name}"


def test_modules_stay_short() -> None:
    """No module has 400 lines or more: such a one is asking to be two."""
    for path in (*MODULES.values(), *COLLECTION.rglob("*.py")):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 400, path


def test_the_collection_beside_others(tmp_path: Path) -> None:
    """Beside Ansible's whole package of collections the exporter still finds its own."""
    package = tmp_path / "ansible_collections"
    (package / "downpour" / "cloud").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "other.py").touch()
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(PACKAGE.parent)!r}]\n"
        "from downpour.resources import RESOURCE_TYPES\n"
        "import ansible_collections.other\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True, timeout=60)
