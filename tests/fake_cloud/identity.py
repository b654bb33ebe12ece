"""keystone: password logins and the catalog; and each service's document of its versions."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.release import Release
from tests.fake_cloud.state import State

REGION = "RegionOne"
USER_NAME = "member"
PASSWORD = "open sesame"  # of nothing but this
PROJECT_NAME = "project"
DOMAIN = {"id": "default", "name": "Default"}

# Service as the SDK calls it to its place below the cloud's address, its version there, its name.
PLACES = {
    "identity": ("/identity", "v3", "keystone"),
    "compute": ("/compute", "v2.1", "nova"),
    "network": ("/network", "v2.0", "neutron"),
    "image": ("/image", "v2", "glance"),
    "block_storage": ("/volume", "v3", "cinder"),
}
# The catalogs of real clouds name these two with no version.
_BARE_PLACES = frozenset({"network", "image"})


class Tokens:
    """The tokens that were given out, and those that are good."""

    def __init__(self) -> None:
        self.good: set[str] = set()
        self.given = 0

    def issue(self) -> str:
        """Return a new token."""
        self.given += 1
        token = f"token-{self.given}"
        self.good.add(token)
        return token


def list_catalog(state: State, cloud_url: str, services: Collection[str]) -> list[Document]:
    """Return the catalog with these services."""
    return [
        _describe_service(state, cloud_url, service) for service in PLACES if service in services
    ]


def _describe_service(state: State, cloud_url: str, service: str) -> Document:
    place, version, name = PLACES[service]
    url = cloud_url + place
    if service not in _BARE_PLACES:
        url += f"/{version}"
    if service == "block_storage" and state.release.has_project_in_volume_url:
        url += f"/{state.project_id}"
    kind = state.release.volume_service_type if service == "block_storage" else service
    endpoint = {
        "id": f"endpoint-{service}",
        "interface": "public",
        "region": REGION,
        "region_id": REGION,
        "url": url,
    }
    return {"id": f"service-{service}", "type": kind, "name": name, "endpoints": [endpoint]}


def answer_login(state: State, request: Request, tokens: Tokens, catalog: list[Document]) -> Answer:
    """Give a token for the one user's password, with the catalog."""
    identity = request.read_object("auth").get("identity", {})
    user = identity.get("password", {}).get("user", {})
    if user.get("name") != USER_NAME or user.get("password") != PASSWORD:
        raise RefusalError(401, "The request you have made requires authentication.")
    now = datetime.datetime.now(datetime.UTC)
    form = "%Y-%m-%dT%H:%M:%S.%fZ"
    token: Document = {
        "methods": ["password"],
        "user": {"id": state.user_id, "name": USER_NAME, "domain": DOMAIN},
        "issued_at": now.strftime(form),
        "expires_at": (now + datetime.timedelta(hours=12)).strftime(form),
        "audit_ids": [f"audit-{tokens.given}"],
    }
    if request.read_object("auth").get("scope"):
        token |= {
            "project": {"id": state.project_id, "name": PROJECT_NAME, "domain": DOMAIN},
            "roles": [{"id": "role-member", "name": "member"}],
            "is_domain": False,
            "catalog": catalog,
        }
    return answer_json(201, {"token": token}, X_Subject_Token=tokens.issue(), Vary="X-Auth-Token")


def answer_versions(release: Release, service: str, root_url: str, is_of_version: bool) -> Answer:
    """Tell the versions of a service: of all of it, or at the address of one version."""
    version = PLACES[service][1]
    document: Document = {
        "id": version,
        "status": "CURRENT",
        "links": [{"rel": "self", "href": f"{root_url}/{version}/"}],
    }
    if microversions := release.get_range(service):
        lowest, highest = (f"{major}.{minor}" for major, minor in microversions)
        document |= {"version": highest, "min_version": lowest}
    if service == "identity":
        document |= {"id": "v3.14", "status": "stable"}
        if is_of_version:
            return answer_json(200, {"version": document})
        return answer_json(300, {"versions": {"values": [document]}})
    if service == "image":
        numbers = range(9 if release.has_hidden_images else 6, -1, -1)
        versions = [{**document, "id": f"v2.{minor}", "status": "SUPPORTED"} for minor in numbers]
        versions[0]["status"] = "CURRENT"
        return answer_json(300, {"versions": versions})
    if service == "block_storage":
        document["id"] = "v3.0"
        return answer_json(200 if is_of_version else 300, {"versions": [document]})
    if service == "compute" and is_of_version:
        return answer_json(200, {"version": document})
    return answer_json(200, {"versions": [document]})
