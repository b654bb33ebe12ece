"""Microversions: read from a request, refused when too new, told in the answer."""

from __future__ import annotations

import dataclasses
import re

from tests.fake_cloud.messages import RefusalError, Request
from tests.fake_cloud.release import Microversion, Release

_WORDS = {"compute": "compute", "block_storage": "volume"}


def negotiate(release: Release, request: Request) -> Request:
    """Return the request with its microversion; without one it is the service's lowest."""
    known = release.get_range(request.service)
    if known is None:
        return request
    lowest, highest = known
    asked = _read_microversion(request)
    if asked == "latest":
        return dataclasses.replace(request, microversion=highest)
    version = _parse_microversion(asked) if asked else lowest
    if not lowest <= version <= highest:
        limits = f"Minimum is {_print(lowest)} and maximum is {_print(highest)}."
        raise RefusalError(406, f"Version {asked} is not supported by the API. {limits}")
    return dataclasses.replace(request, microversion=version)


def _read_microversion(request: Request) -> str:
    wanted = _WORDS.get(request.service, "")
    for part in request.headers.get("openstack-api-version", "").split(","):
        service, _, version = part.strip().partition(" ")
        if service == wanted and version:
            return version.strip()
    if request.service == "compute":
        return request.headers.get("x-openstack-nova-api-version", "")
    return ""


def _parse_microversion(text: str) -> Microversion:
    found = re.fullmatch(r"(\d+)\.(\d+)", text)
    if found is None:
        raise RefusalError(400, f"API Version String {text} is of invalid format.")
    return int(found[1]), int(found[2])


def _print(version: Microversion) -> str:
    return f"{version[0]}.{version[1]}"


def name_microversion(request: Request) -> dict[str, str]:
    """Return the headers that echo the microversion of a negotiated request."""
    if request.service not in _WORDS:
        return {}
    version = _print(request.microversion)
    headers = {
        "OpenStack-API-Version": f"{_WORDS[request.service]} {version}",
        "Vary": "OpenStack-API-Version",
    }
    if request.service == "compute":
        headers["X-OpenStack-Nova-API-Version"] = version
    return headers
