"""What nova answers."""

from __future__ import annotations

from tests.fake_cloud.observation.observer import (
    COMPUTE,
    IMAGE,
    NETWORK,
    NOT_COMPARED,
    VOLUME,
    Document,
    Observer,
)

PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0x+qMc8Fu+6Dt+95AAUrffs7lKsFA4hA9RZTxREEtL nobody"
)


def observe_servers(cloud: Observer, ids: dict[str, str]) -> None:
    """Keypairs, server groups and a server with all that it has."""
    keypair: Document = {"name": "k", "public_key": PUBLIC_KEY}
    for label, version, body in (
        ("keypair", "2.2", keypair),
        ("keypair again", "2.2", keypair),
        ("old name", "2.2", {**keypair, "name": "k@x"}),
        ("new name", "2.92", {**keypair, "name": "k@x"}),
        ("no key", "2.92", {"name": "k2"}),
    ):
        answer = cloud.ask(label, COMPUTE, "POST", "/os-keypairs", version, json={"keypair": body})
        cloud.note(f"{label}: keys", sorted(answer.get("keypair", ())))
    listed = cloud.ask("keypairs", COMPUTE, "GET", "/os-keypairs", "2.2")["keypairs"]
    cloud.note("keypairs as listed", [sorted(item["keypair"]) for item in listed])
    old: Document = {"name": "g", "policies": ["affinity"]}
    new: Document = {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": 3}}
    group_id = ""
    for label, version, group in (
        ("group 2.1", "2.1", old),
        ("group 2.64", "2.64", new),
        ("old group 2.64", "2.64", old),
        ("new group 2.1", "2.1", new),
    ):
        wanted = {"server_group": group}
        answer = cloud.ask(label, COMPUTE, "POST", "/os-server-groups", version, json=wanted)
        cloud.note(f"{label}: keys", sorted(answer.get("server_group", ())))
        group_id = answer.get("server_group", {}).get("id", group_id)
    flavors = cloud.ask("flavors", COMPUTE, "GET", "/flavors/detail", "2.61")["flavors"]
    flavor = next(item for item in flavors if item["name"] == "m1.tiny")
    cloud.note("a flavor's keys", sorted(flavor))
    image = {"source_type": "image", "destination_type": "local", "uuid": ids["image"]}
    volume = {"source_type": "volume", "destination_type": "volume", "uuid": ids["copy"]}
    server_body: Document = {
        "name": "s",
        "flavorRef": flavor["id"],
        "imageRef": ids["image"],
        "networks": [{"port": ids["port"]}],
        "key_name": "k",
        "metadata": {"m": "1"},
        "tags": ["downpour:0a", "t"],
        "block_device_mapping_v2": [
            {"boot_index": 0, "delete_on_termination": True, **image},
            {"boot_index": -1, "delete_on_termination": False, **volume},
        ],
    }
    document = {"server": server_body, "os:scheduler_hints": {"group": group_id}}
    changes: dict[str, Document] = {
        "no such flavor": {"flavorRef": "unknown"},
        "no such image for it": {"imageRef": ids["network"], "block_device_mapping_v2": []},
        "no such key": {"key_name": "unknown"},
        "empty name": {"name": ""},
    }
    for label, change in changes.items():
        refused = {"server": {**server_body, **change}}
        cloud.ask(label, COMPUTE, "POST", "/servers", "2.52", json=refused)
    cloud.ask("tags too early", COMPUTE, "POST", "/servers", "2.51", json=document)
    server = cloud.ask("server", COMPUTE, "POST", "/servers", "2.52", json=document)["server"]
    cloud.wait(COMPUTE, f"/servers/{server['id']}", "server", "ACTIVE")
    observe_server(cloud, ids, f"/servers/{server['id']}")


def observe_server(cloud: Observer, ids: dict[str, str], path: str) -> None:
    """One server: how it is shown, found, stopped and deleted."""
    for version in ("", "2.26", "2.47", "2.60", "2.79", "2.100"):
        shown = cloud.show(f"shown server {version}", COMPUTE, path, "server", version)
        cloud.note(f"flavor {version}", sorted(shown["flavor"]))
        attached = shown["os-extended-volumes:volumes_attached"]
        cloud.note(f"attached {version}", [sorted(item) for item in attached])
    cloud.note("hints", sorted(shown["scheduler_hints"]))
    cloud.note("addresses", {name: len(listed) for name, listed in shown["addresses"].items()})
    for label, tag in (("server by tag", "downpour:0a"), ("by other tag", "downpour:0b")):
        query = {"tags": tag}
        found = cloud.ask(label, COMPUTE, "GET", "/servers/detail", "2.52", params=query)
        cloud.note(f"{label}: servers", len(found["servers"]))
    cloud.ask("no server", COMPUTE, "GET", "/servers/unknown", "2.52")
    cloud.ask("server too new", COMPUTE, "GET", "/servers", "2.999")
    port = cloud.show("bound port", NETWORK, f"/ports/{ids['port']}", "port")
    cloud.note("owner", [port["device_owner"], port["status"]])
    volume = cloud.show("used volume", VOLUME, f"/volumes/{ids['copy']}", "volume")
    cloud.note("used", [volume["status"], volume["attachments"][0]["device"]])
    cloud.note("attachment", sorted(volume["attachments"][0]))
    upload = {"os-volume_upload_image": {"image_name": "x", "disk_format": "raw"}}
    used = f"/volumes/{ids['copy']}"
    cloud.ask("upload of a used one", VOLUME, "POST", f"{used}/action", json=upload)
    kept: Document = {"snapshot": {"volume_id": ids["copy"], "name": "s"}}
    cloud.ask("snapshot of a used one", VOLUME, "POST", "/snapshots", json=kept)
    kept["snapshot"]["force"] = True
    cloud.ask("forced snapshot of it", VOLUME, "POST", "/snapshots", json=kept)
    cloud.ask("used one deleted", VOLUME, "DELETE", used)
    for name, key in (("os-volume_attachments", "volume"), ("os-interface", "interface")):
        listed = cloud.ask(name, COMPUTE, "GET", f"{path}/{name}", "2.52")[f"{key}Attachments"]
        cloud.note(f"{name}: keys", [sorted(item) for item in listed])
    for label in ("tag removed", "tag removed again"):
        cloud.ask(label, COMPUTE, "DELETE", f"{path}/tags/t", "2.52")
    metadata = {"downpour": "temporary"}
    action = {"createImage": {"name": "im", "metadata": metadata}}
    answer = cloud.ask("image of it", COMPUTE, "POST", f"{path}/action", "2.52", json=action)
    image = cloud.wait(IMAGE, f"/images/{answer['image_id']}", "", "active")
    cloud.keys["image of it"] = set(image) - NOT_COMPARED
    wait_for_rest(cloud, path)
    for label in ("stopped", "stopped again"):
        cloud.ask(label, COMPUTE, "POST", f"{path}/action", "2.52", json={"os-stop": None})
        cloud.wait(COMPUTE, path, "server", "SHUTOFF")
    cloud.ask("deleted", COMPUTE, "DELETE", path)
    cloud.wait(VOLUME, used, "volume", "available")


def wait_for_rest(cloud: Observer, path: str) -> None:
    """Wait until nova does nothing with a server any more."""
    cloud.wait(COMPUTE, path, "server", None, name="OS-EXT-STS:task_state")
