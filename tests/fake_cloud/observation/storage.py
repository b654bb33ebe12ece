"""What glance and cinder answer."""

from __future__ import annotations

from tests.fake_cloud.observation.observer import IMAGE, VOLUME, Document, Observer

PATCH_TYPE = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
BYTES_TYPE = {"Content-Type": "application/octet-stream"}


def observe_images(cloud: Observer, ids: dict[str, str]) -> None:
    """Images, their bytes and who finds them."""
    body = {"name": "i", "disk_format": "raw", "container_format": "bare", "p": "v"}
    image = cloud.ask("image", IMAGE, "POST", "/images", json={**body, "tags": ["downpour:0a"]})
    ids["image"] = image["id"]
    path = f"/images/{image['id']}"
    cloud.ask("number as property", IMAGE, "POST", "/images", json={"name": "i", "p": 3})
    cloud.ask("own status", IMAGE, "POST", "/images", json={"name": "i", "status": "active"})
    cloud.ask("public", IMAGE, "POST", "/images", json={"name": "i", "visibility": "public"})
    cloud.ask("no bytes yet", IMAGE, "GET", f"{path}/file")
    for label in ("bytes", "bytes again"):
        cloud.ask(label, IMAGE, "PUT", f"{path}/file", data=b"x" * 1000, headers=BYTES_TYPE)
    shown = cloud.show("shown image", IMAGE, path, "")
    cloud.note("digests", [shown[name] for name in ("size", "checksum", "os_hash_value", "status")])
    for label, wanted in (("part", "bytes=0-0"), ("rest", "bytes=990-"), ("beyond", "bytes=5000-")):
        cloud.ask(label, IMAGE, "GET", f"{path}/file", headers={"Range": wanted})
    own = {"owner": cloud.connection.session.get_project_id()}
    for label, query in {
        "image by tag": {**own, "tag": "downpour:0a"},
        "image by other tag": {**own, "tag": "downpour:0b"},
        "hidden images": {**own, "os_hidden": "true"},
        "images by name": {**own, "name": "i"},
        "images by property": {**own, "p": "v"},
    }.items():
        found = cloud.ask(label, IMAGE, "GET", "/images", params=query)
        cloud.note(f"{label}: found", len(found["images"]))
    page = cloud.ask("image page", IMAGE, "GET", "/images", params={"limit": 1})
    cloud.note("next image page", "next" in page)
    cloud.ask("no image", IMAGE, "GET", "/images/unknown")
    for label, operation in {
        "protect": {"op": "replace", "path": "/protected", "value": True},
        "lost property": {"op": "replace", "path": "/unknown", "value": "z"},
        "own checksum": {"op": "replace", "path": "/checksum", "value": "z"},
    }.items():
        cloud.ask(label, IMAGE, "PATCH", path, json=[operation], headers=PATCH_TYPE)
    cloud.ask("protected", IMAGE, "DELETE", path)
    free = {"op": "replace", "path": "/protected", "value": False}
    cloud.ask("free", IMAGE, "PATCH", path, json=[free], headers=PATCH_TYPE)


def observe_volumes(cloud: Observer, ids: dict[str, str]) -> None:
    """Volumes, their marker, their bytes' ways."""
    marked: Document = {"size": 1, "name": "v", "metadata": {"downpour": "0a"}}
    volume = cloud.create("volume", VOLUME, "/volumes", "volume", **marked)
    ids["volume"] = volume["id"]
    path = f"/volumes/{volume['id']}"
    cloud.wait(VOLUME, path, "volume", "available")
    for version in ("", "3.50", "3.71"):
        cloud.show(f"shown volume {version}", VOLUME, path, "volume", version)
    cloud.ask("volume too new", VOLUME, "GET", path, "3.999")
    for label, text in (("volume marker", '{"downpour": "0a"}'), ("other", '{"downpour": "0b"}')):
        found = cloud.ask(label, VOLUME, "GET", "/volumes/detail", params={"metadata": text})
        cloud.note(f"{label}: volumes", len(found["volumes"]))
    page = cloud.ask("volume page", VOLUME, "GET", "/volumes", params={"limit": "1"})
    cloud.note("brief volume", [sorted(item) for item in page["volumes"]])
    cloud.note("next volume page", [link["rel"] for link in page["volumes_links"]])
    cloud.ask("no volume", VOLUME, "GET", "/volumes/unknown")
    kept: Document = {"volume_id": volume["id"], "name": "s", "force": True, "metadata": {"a": "b"}}
    snapshot = cloud.create("snapshot", VOLUME, "/snapshots", "snapshot", **kept)
    cloud.wait(VOLUME, f"/snapshots/{snapshot['id']}", "snapshot", "available")
    cloud.show("shown snapshot", VOLUME, f"/snapshots/{snapshot['id']}", "snapshot", "3.65")
    cloud.ask("volume with a snapshot", VOLUME, "DELETE", path)
    copy = cloud.create("copy", VOLUME, "/volumes", "volume", snapshot_id=snapshot["id"])
    ids["copy"] = copy["id"]
    facts = {"size": 1, "imageRef": ids["image"]}
    root = cloud.create("root", VOLUME, "/volumes", "volume", **facts)
    for each in (copy, root):
        cloud.wait(VOLUME, f"/volumes/{each['id']}", "volume", "available")
    shown = cloud.show("shown root", VOLUME, f"/volumes/{root['id']}", "volume")
    cloud.note("image metadata", sorted(shown["volume_image_metadata"]))
    cloud.note("bootable", shown["bootable"])
    for label, action in {
        "bootable set": {"os-set_bootable": {"bootable": True}},
        "metadata set": {"os-set_image_metadata": {"metadata": {"a": "b"}}},
        "metadata unset": {"os-unset_image_metadata": {"key": "a"}},
        "metadata unset again": {"os-unset_image_metadata": {"key": "a"}},
        "readonly": {"os-update_readonly_flag": {"readonly": True}},
    }.items():
        cloud.ask(label, VOLUME, "POST", f"{path}/action", json=action)
    shown = cloud.show("volume at last", VOLUME, path, "volume")
    cloud.note("metadata at last", shown["metadata"])
    upload = {"image_name": "up", "disk_format": "raw", "container_format": "bare"}
    action = {"os-volume_upload_image": upload}
    answer = cloud.ask("upload", VOLUME, "POST", f"{path}/action", json=action)
    image_id = answer["os-volume_upload_image"]["image_id"]
    image = cloud.wait(IMAGE, f"/images/{image_id}", "", "active")
    cloud.note("uploaded", [image["name"], image["visibility"]])
    cloud.ask("no size", VOLUME, "POST", "/volumes", json={"volume": {}})
    unknown = {"size": 1, "imageRef": ids["network"]}
    cloud.ask("no such image", VOLUME, "POST", "/volumes", json={"volume": unknown})
    unknown = {"size": 1, "volume_type": "unknown"}
    cloud.ask("no such type", VOLUME, "POST", "/volumes", json={"volume": unknown})
