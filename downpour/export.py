"""The export: from a resource file to a plan, and from that to a complete bundle.

The one room that knows capture, transfer, bundle, playbook and report.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from downpour.bundle.journal import Journal, open_journal
from downpour.bundle.layout import CHECKSUMS, JOURNAL, MANIFEST, PLAYBOOK, name_data_file
from downpour.bundle.manifest import (
    ManifestEntry,
    build_checksums,
    build_manifest,
    digest_content,
    read_manifest,
)
from downpour.capture import Capturer, remove_temporary
from downpour.cloud import Cloud
from downpour.errors import (
    CredentialsError,
    DiskFullError,
    DownpourError,
    MismatchError,
    Problem,
    raise_all,
)
from downpour.files import check_room, make_directory, translate_disk_errors, write_file
from downpour.plan import Plan, complete_findings, group_captures, make_plan
from downpour.playbook.render import choose_variables, list_collection_files, render_playbook
from downpour.report.readme import render_readme
from downpour.resources import RESOURCE_TYPES
from downpour.resources.captures import Capture
from downpour.resources.image import select_properties
from downpour.resources.inventory import Inventory
from downpour.resources.model import Attributes, DataFile, Finding, Key, Severity, describe_resource
from downpour.selection import Selection
from downpour.text import printable
from downpour.transfer.download import download_image
from downpour.transfer.progress import Progress
from downpour.walk import resolve_selection, walk_selection

_BLOCK_BYTES = 1 << 20


def plan_selection(selection: Selection, cloud: Cloud) -> Plan:
    """Return the plan of a resource file; only reads.

    Raises :class:`DownpourError` with every entry of the file that does not name one resource.
    """
    inventory = Inventory(RESOURCE_TYPES, cloud.read_listing, cloud.project_id)
    return make_plan(walk_selection(resolve_selection(selection, inventory), inventory))


def export_bundle(
    cloud: Cloud,
    plan: Plan,
    selection: list[Any],
    directory: Path,
    progress: Progress,
    *,
    stop_servers: bool = False,
) -> bool:
    """Make the bundle of a plan in ``directory``; continue what an earlier run of it began.

    Returns whether there was anything left to do. All checks come before the first request that
    changes the source. Raises :class:`DownpourError` with every resource that failed; the bundle
    is not complete then, and what was saved is used by the next run.
    """
    source = cloud.describe()
    if _is_complete(directory, source, selection):
        return False
    with translate_disk_errors(printable(directory)):
        make_directory(directory)
        directory.chmod(0o700)
    with open_journal(directory) as journal:
        if not journal.source:
            journal.begin(source, selection)
        _check_same_export(journal, source, selection, directory)
        saved = _find_whole_files(journal, directory, plan, progress)
        missing = [capture for capture in plan.captures if capture.resource.key not in saved]
        check_room(directory, sum(capture.size_bytes for capture in missing), "the disks")
        remove_temporary(cloud, journal, set(journal.temporary))
        if not stop_servers:
            missing = [dataclasses.replace(capture, writers=()) for capture in missing]
        saved |= _save_all(Capturer(cloud, journal, progress), missing, directory)
        write_bundle(plan, saved, source, selection, directory)
        journal.remove()
    return True


def _is_complete(directory: Path, source: Mapping[str, str], selection: list[Any]) -> bool:
    """Tell whether the directory holds this very export, done; refuse any other content."""
    try:
        names = {entry.name for entry in os.scandir(directory)}
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DownpourError(
            Problem("unusable", printable(directory), str(error.strerror), "name another directory")
        ) from error
    if not names or JOURNAL in names:
        return False
    manifest = read_manifest(directory)
    if manifest is None:
        raise DownpourError(
            Problem(
                "not-empty",
                printable(directory),
                "the directory holds something else",
                "name a new or empty directory",
            )
        )
    if (manifest["source"], manifest["selection"]) != (dict(source), selection):
        raise _say_other_export(directory)
    return True


def _check_same_export(
    journal: Journal, source: Mapping[str, str], selection: list[Any], directory: Path
) -> None:
    if (journal.source, journal.selection) != (dict(source), selection):
        raise _say_other_export(directory)


def _say_other_export(directory: Path) -> DownpourError:
    return DownpourError(
        Problem(
            "other-export",
            printable(directory),
            "it holds an export of another project or another resource file",
            "name a new directory",
        )
    )


def _find_whole_files(
    journal: Journal, directory: Path, plan: Plan, progress: Progress
) -> dict[Key, DataFile]:
    """Return the files of an earlier run that are what it noted; the others are fetched again.

    The disks of one server belong to one moment: they are used together or not at all.
    """
    whole: dict[Key, DataFile] = {}
    for group in group_captures(plan.captures):
        files = {
            capture.resource.key: file
            for capture in group
            if (file := journal.saved.get(capture.resource.key)) is not None
            and _is_whole(directory / file.path, file)
        }
        if len(files) == len(group):
            whole |= files
            for capture in group:
                progress.say(f"{describe_resource(capture.resource)}: saved before")
    return whole


def _is_whole(path: Path, file: DataFile) -> bool:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == file.sha256


def _save_all(capturer: Capturer, captures: list[Capture], directory: Path) -> dict[Key, DataFile]:
    """Save the bytes of all captures, group by group; a failure does not stop the others.

    The ``writers`` of a group are stopped while it is frozen.
    """
    saved: dict[Key, DataFile] = {}
    failures: list[tuple[Capture, DownpourError]] = []
    for group in group_captures(captures):
        try:
            writers = {server_id for capture in group for server_id in capture.writers}
            with capturer.freeze_group(group, writers) as frozen:
                for capture in group:
                    try:
                        with capturer.open_image(capture, frozen) as image:
                            saved[capture.resource.key] = _save(capturer, capture, image, directory)
                    except DiskFullError:
                        raise
                    except DownpourError as error:
                        failures.append((capture, error))
        except DownpourError as error:
            failures.append((group[0], error))
            if isinstance(error, DiskFullError):
                break
    _raise_failures(failures)
    return saved


def _raise_failures(failures: list[tuple[Capture, DownpourError]]) -> None:
    """Raise all failures as one error; the gravest decides the exit status."""
    problems = [problem for failure in failures for problem in _name_capture(*failure)]
    kinds = {type(error) for _, error in failures}
    grave = [kind for kind in (MismatchError, CredentialsError) if kind in kinds]
    # What could not be removed with one disk was tried again with its group: told once.
    raise_all(dict.fromkeys(problems), grave[0] if grave else DownpourError)


def _name_capture(capture: Capture, error: DownpourError) -> list[Problem]:
    """Say of each problem which resource it hit, where it does not say so itself."""
    resource = capture.resource
    return [
        problem
        if resource.id in problem.what
        else Problem(
            problem.code,
            f"{describe_resource(resource)}: {problem.what}",
            problem.why,
            problem.todo,
        )
        for problem in error.problems
    ]


def _save(capturer: Capturer, capture: Capture, image: Attributes, directory: Path) -> DataFile:
    resource = capture.resource
    path = name_data_file(resource.type, resource.id, image["disk_format"])
    label = describe_resource(resource)
    download = download_image(capturer.cloud, image, directory / path, label, capturer.progress)
    file = DataFile(
        path=path,
        size_bytes=download.size_bytes,
        sha256=download.sha256,
        sha512=download.sha512,
        disk_format=image["disk_format"],
        container_format=image["container_format"],
        min_disk_gib=int(image.get("min_disk") or 0),
        min_ram_mib=int(image.get("min_ram") or 0),
        properties=select_properties(image),
    )
    capturer.journal.note_saved(resource.type, resource.id, file)
    return file


def write_bundle(
    plan: Plan,
    saved: Mapping[Key, DataFile],
    source: Mapping[str, str],
    selection: list[Any],
    directory: Path,
) -> None:
    """Write everything but the data; the manifest and the playbook last."""
    findings = complete_findings(plan, saved)
    texts = {path: text.encode() for path, text in render_playbook(plan, saved).items()}
    texts["README.rst"] = render_readme(plan.resources, findings, saved, source).encode()
    texts |= dict(list_collection_files())
    files: dict[str, dict[str, Any]] = {
        path: digest_content(content) for path, content in texts.items()
    }
    for data in saved.values():
        files[data.path] = {
            "size_bytes": data.size_bytes,
            "sha256": data.sha256,
            "sha512": data.sha512,
        }
    variables = choose_variables(plan.resources)
    entries = [
        ManifestEntry(item, plan.documents[item.key], variables[item.key], saved.get(item.key))
        for item in plan.resources
    ]
    texts[MANIFEST] = build_manifest(entries, findings, source, selection, files)
    files[MANIFEST] = digest_content(texts[MANIFEST])
    texts[CHECKSUMS] = build_checksums(files)
    last = (MANIFEST, PLAYBOOK)
    with translate_disk_errors(printable(directory)):
        for path in [*(path for path in texts if path not in last), *last]:
            write_file(directory / path, texts[path])


def read_findings(directory: Path) -> tuple[Finding, ...]:
    """Return what a complete bundle tells, with what was found when its bytes were saved."""
    manifest = read_manifest(directory) or {"findings": []}
    return tuple(
        Finding(**{**item, "severity": Severity(item["severity"])}) for item in manifest["findings"]
    )


def clean_up_bundle(cloud: Cloud, directory: Path) -> int:
    """Remove what a killed export left in the source cloud; return how many objects that were.

    Raises :class:`DownpourError` when the directory has no journal, or one of another project.
    """
    if not (directory / JOURNAL).exists():
        raise DownpourError(
            Problem(
                "no-journal",
                printable(directory),
                "no unfinished export is here",
                "a finished one leaves nothing in the source",
            )
        )
    with open_journal(directory) as journal:
        if journal.source and journal.source != cloud.describe():
            raise DownpourError(
                Problem(
                    "other-cloud",
                    printable(directory),
                    f"its export is of project {printable(journal.source['project_id'])} at "
                    f"{printable(journal.source['auth_url'])}",
                    "choose that cloud with --os-cloud",
                )
            )
        names = set(journal.temporary)
        remove_temporary(cloud, journal, names)
        return len(names)
