"""nova beside its servers: flavors, keypairs, server groups, zones."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator

from tests.fake_cloud.filters import cut_page
from tests.fake_cloud.kinds import LONG_TIME, Kind, Route
from tests.fake_cloud.messages import Answer, Document, RefusalError, Request, answer_json
from tests.fake_cloud.release import Microversion
from tests.fake_cloud.state import State
from tests.fake_cloud.volumes import add_links, list_zones

_NUMERIC_SWAP_SINCE: Microversion = (2, 75)
_TYPES_SINCE: Microversion = (2, 2)
_PAGES_SINCE: Microversion = (2, 35)
_ANY_NAME_SINCE: Microversion = (2, 92)
_RULES_SINCE: Microversion = (2, 64)
_OLD_NAME = re.compile(r"[-_ a-zA-Z0-9]{1,255}")
_NEW_NAME = re.compile(r"[-_@. a-zA-Z0-9]{1,255}")
_POLICIES = frozenset({"affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"})


def _present_flavors(
    state: State, flavors: Iterable[Document], request: Request
) -> Iterator[Document]:
    for flavor in flavors:
        shown = add_links(request, "flavors", flavor)
        if request.microversion < _NUMERIC_SWAP_SINCE and not shown["swap"]:
            shown["swap"] = ""
        yield shown


FLAVORS = Kind(
    service="compute",
    collection="flavors",
    key="flavor",
    title="Flavor",
    defaults={
        "name": "",
        "ram": 512,
        "disk": 1,
        "swap": 0,
        "OS-FLV-EXT-DATA:ephemeral": 0,
        "OS-FLV-DISABLED:disabled": False,
        "vcpus": 1,
        "os-flavor-access:is_public": True,
        "rxtx_factor": 1.0,
        "description": None,
        "extra_specs": {},
    },
    owner_keys=(),
    time_keys=(),
    brief=("id", "name", "links"),
    since={"description": (2, 55), "extra_specs": (2, 61)},
    present=_present_flavors,
)

KEYPAIRS = Kind(
    service="compute",
    collection="os-keypairs",
    key="keypair",
    title="Keypair",
    plural="keypairs",
    defaults={"name": "", "public_key": "", "fingerprint": "", "type": "ssh", "user_id": ""},
    owner_keys=("_project_id",),
    time_keys=("created_at",),
    time_format=LONG_TIME,
    limit_name="key_pairs",
    since={"type": _TYPES_SINCE},
)
_KEYPAIR_BRIEF = ("name", "public_key", "fingerprint", "type")


def list_keypairs(state: State, request: Request) -> Answer:
    """List the user's keypairs, each in a wrapping of its own."""
    keypairs = sorted(KEYPAIRS.list_visible(state), key=lambda keypair: str(keypair["name"]))
    query = request.query if request.microversion >= _PAGES_SINCE else {}
    page, following = cut_page(keypairs, query, 1000)
    shown = [
        {"keypair": {name: item[name] for name in _KEYPAIR_BRIEF if name in item}}
        for item in KEYPAIRS.show(state, page, request)
    ]
    answer: Document = {"keypairs": shown}
    if following:
        href = f"{request.base_url}/os-keypairs?{following}"
        answer["keypairs_links"] = [{"rel": "next", "href": href}]
    return answer_json(200, answer)


def create_keypair(state: State, request: Request) -> Answer:
    """Import a public key; keys are never made here."""
    body = request.read_object("keypair")
    name, public_key = body.get("name"), body.get("public_key")
    is_any_name = request.microversion >= _ANY_NAME_SINCE
    pattern = _NEW_NAME if is_any_name else _OLD_NAME
    if not isinstance(name, str) or not pattern.fullmatch(name):
        text = f"'{name}' does not match '^{pattern.pattern}$'"
        raise RefusalError(400, f"Invalid input for field/attribute name. Value: {name}. {text}")
    if not isinstance(public_key, str):
        text = f"Value: {body}. 'public_key' is a required property"
        raise RefusalError(400, f"Invalid input for field/attribute keypair. {text}")
    if name in KEYPAIRS.open(state):
        raise RefusalError(409, f"Key pair '{name}' already exists.")
    KEYPAIRS.check_limit(state)
    keypair = put_keypair(state, {"name": name, "public_key": public_key, **body})
    shown = KEYPAIRS.show(state, [keypair], request)[0]
    told = {name: shown[name] for name in (*_KEYPAIR_BRIEF, "user_id") if name in shown}
    return answer_json(201 if request.microversion >= _TYPES_SINCE else 200, {"keypair": told})


def put_keypair(state: State, body: Document) -> Document:
    """Keep a keypair; its id is its name."""
    fingerprint = make_fingerprint(body["public_key"], body.get("type") or "ssh")
    keypair = KEYPAIRS.build(
        state, {"fingerprint": fingerprint, **body, "id": body["name"], "user_id": state.user_id}
    )
    KEYPAIRS.open(state)[keypair["id"]] = keypair
    return keypair


def make_fingerprint(public_key: str, kind: str = "ssh") -> str:
    """Return a key's digest as nova tells it: MD5, of a certificate SHA-1; refuse what is none."""
    words = public_key.split()
    text = "".join(re.sub(r"-----[A-Z ]+-----", "", public_key).split())
    try:
        blob = base64.b64decode(text if kind == "x509" else words[1], validate=True)
    except (IndexError, binascii.Error):
        raise RefusalError(400, "Keypair data is invalid: failed to generate fingerprint") from None
    digest = hashlib.new("sha1" if kind == "x509" else "md5", blob, usedforsecurity=False)
    return digest.digest().hex(":")


def delete_keypair(state: State, request: Request, name: str) -> Answer:
    """Forget a keypair."""
    KEYPAIRS.remove(state, KEYPAIRS.find(state, name))
    return Answer(204 if request.microversion >= _TYPES_SINCE else 202)


def _present_groups(
    state: State, groups: Iterable[Document], request: Request
) -> Iterator[Document]:
    for group in groups:
        if request.microversion >= _RULES_SINCE:
            yield group
        else:
            shown = {name: group[name] for name in group if name not in ("policy", "rules")}
            yield {**shown, "policies": [group["policy"]], "metadata": {}}


GROUPS = Kind(
    service="compute",
    collection="os-server-groups",
    key="server_group",
    title="Instance group",
    plural="server_groups",
    defaults={
        "name": "",
        "policy": "affinity",
        "rules": {},
        "members": [],
        "user_id": "",
    },
    owner_keys=("project_id",),
    time_keys=(),
    limit_name="server_groups",
    since={"project_id": (2, 13), "user_id": (2, 13)},
    present=_present_groups,
)


def create_group(state: State, request: Request) -> Answer:
    """Make a server group: with one of ``policies`` up to 2.63, since then a policy with rules."""
    body = request.read_object("server_group")
    allowed = {"name", "policies"}
    if request.microversion >= _RULES_SINCE:
        allowed = {"name", "policy", "rules"}
    needed = allowed - {"rules"}
    if unknown := sorted(set(body) - allowed) or sorted(needed - set(body)):
        text = f"Value: {body}. '{unknown[0]}' is missing or was unexpected"
        raise RefusalError(400, f"Invalid input for field/attribute server_group. {text}")
    policies = [body["policy"]] if "policy" in body else body["policies"]
    if len(policies) != 1 or policies[0] not in _POLICIES:
        raise RefusalError(400, f"Invalid input for field/attribute policy. Value: {policies}.")
    rules = body.get("rules") or {}
    if rules and policies != ["anti-affinity"]:
        raise RefusalError(400, "Only anti-affinity policy supports rules.")
    facts = {"name": body["name"], "policy": policies[0], "rules": rules}
    group = GROUPS.make(state, {**facts, "user_id": state.user_id})
    return answer_json(200, GROUPS.show_one(state, group, request))


COMPUTE_ROUTES = (
    *FLAVORS.make_routes("POST", "PUT", "DELETE"),
    Route("GET", "/os-keypairs", list_keypairs),
    Route("POST", "/os-keypairs", create_keypair),
    Route("DELETE", "/os-keypairs/([^/]+)", delete_keypair),
    *KEYPAIRS.make_routes("POST", "PUT", "DELETE"),
    Route("POST", "/os-server-groups", create_group),
    *GROUPS.make_routes("POST", "PUT"),
    Route("GET", "/os-availability-zone", list_zones),
)
