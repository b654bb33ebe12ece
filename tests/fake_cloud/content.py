"""What tests put into a cloud, and look at, past HTTP."""

from __future__ import annotations

import threading
from typing import Any

from tests.fake_cloud.catalog import KINDS
from tests.fake_cloud.compute import put_keypair
from tests.fake_cloud.images import fill_image
from tests.fake_cloud.messages import Document
from tests.fake_cloud.state import State


class Content:
    """The documents and bytes of one cloud; collections have the names of their paths."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._lock = threading.RLock()

    @property
    def project_id(self) -> str:
        """The project of the cloud's only user."""
        return self.state.project_id

    def put(self, collection: str, *bodies: Document, **attributes: Any) -> str:
        """Put objects straight in: defaults are filled in, nothing is checked, nothing follows.

        For thousands at once. ``attributes`` are common to all. Returns the last one's id.
        """
        kind = KINDS[collection]
        with self._lock:
            documents = kind.open(self.state)
            document: Document = {}
            for body in bodies or ({},):
                document = kind.build(self.state, {**attributes, **body})
                documents[document["id"]] = document
            return str(document["id"])

    def put_image(self, data: bytes, **attributes: Any) -> str:
        """Put an active image with these bytes in; raw where nothing is said. Returns its id."""
        body = {"disk_format": "raw", "container_format": "bare", **attributes}
        with self._lock:
            image_id = self.put("images", body)
            fill_image(self.state, self.read("images", image_id), data)
            # What a test says about the image stands, also where it is wrong.
            self.read("images", image_id).update(attributes)
            return image_id

    def put_volume(self, data: bytes = b"", **attributes: Any) -> str:
        """Put an available volume with these bytes in. Returns its id."""
        with self._lock:
            volume_id = self.put("volumes", attributes)
            self.data[volume_id] = data
            return volume_id

    def put_keypair(self, name: str, public_key: str) -> str:
        """Put a keypair in. Returns its id, which is its name."""
        with self._lock:
            body = {"name": name, "public_key": public_key}
            return str(put_keypair(self.state, body)["id"])

    def find_flavor(self, name: str) -> str:
        """Return the id of the flavor of a name."""
        return str(self.find_own("flavors", name=name)[0]["id"])

    def find_external_network(self) -> str:
        """Return the id of the first external network."""
        networks = self.get_documents("networks").values()
        return str(next(item["id"] for item in networks if item["router:external"]))

    def make(self, collection: str, **body: Any) -> Document:
        """Make an object as a POST does, with all that follows, without HTTP. Returns a copy."""
        with self._lock:
            return dict(KINDS[collection].make(self.state, body))

    def read(self, collection: str, object_id: str) -> Document:
        """Return a document as it is kept, to look at or to change."""
        return self.get_documents(collection)[object_id]

    def get_documents(self, collection: str) -> dict[str, Document]:
        """Return all documents of a collection by id: everybody's, as they are kept."""
        return KINDS[collection].open(self.state)

    def find_own(self, collection: str, **attributes: Any) -> list[Document]:
        """Return the project's documents that have these attributes, in the order of creation."""
        kind = KINDS[collection]
        return [
            item
            for item in kind.open(self.state).values()
            if (not kind.owner_keys or item.get(kind.owner_keys[0]) == self.project_id)
            and all(item.get(name) == value for name, value in attributes.items())
        ]

    @property
    def data(self) -> dict[str, bytes]:
        """The bytes of images and volumes, and of servers' root disks, by id."""
        return self.state.data

    def reveal(self, object_id: str) -> None:
        """Let the member see an object of another project."""
        self.state.visible.add(object_id)

    def limit(self, **limits: int) -> None:
        """Set how many objects of a collection the project may have; ``_`` stands for ``-``."""
        names = {name.replace("-", "_"): name for name in KINDS}
        self.state.limits |= {names[name]: limit for name, limit in limits.items()}
