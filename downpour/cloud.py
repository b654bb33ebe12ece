"""The only door to a cloud: settings, login, listings, and errors in our own words.

Settings are those of every OpenStack client: ``clouds.yaml`` with ``--os-cloud`` or ``OS_CLOUD``,
or the ``OS_*`` environment variables, read by os-client-config.
"""

from __future__ import annotations

import contextlib
import gc
import html
import os
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import keystoneauth1.exceptions
import openstack.config.defaults
import openstack.connection
import openstack.exceptions

from downpour import __version__
from downpour.errors import CredentialsError, DownpourError, Problem, UnavailableError
from downpour.resources.model import Attributes, Listing

with warnings.catch_warnings():
    # It says of itself that it is no longer developed; what it reads has not changed in years.
    warnings.simplefilter("ignore", DeprecationWarning)
    import os_client_config


class Settings(os_client_config.OpenStackConfig):  # type: ignore[misc]  # it has no types
    """os-client-config with the SDK's defaults; its own ask for APIs of 2017 (volume v2)."""

    _defaults_module = openstack.config.defaults


# The newest SDK tells of a service that is not in the catalog as of one that is switched off.
_NO_SERVICE = (
    keystoneauth1.exceptions.EndpointNotFound,
    openstack.exceptions.EndpointNotFound,
    openstack.exceptions.ServiceDisabledException,
)
# Not permitted; no such extension.
_ABSENT_STATUSES = frozenset({403, 404})
_UNAUTHORIZED = 401
_CHECK_SETTINGS = "check clouds.yaml or the OS_* variables, and choose a cloud with --os-cloud"


@contextlib.contextmanager
def translate_errors(what: str) -> Iterator[None]:
    """Turn what the SDK raises while doing ``what`` into a :class:`DownpourError`."""
    try:
        yield
    except _NO_SERVICE as error:
        raise DownpourError(
            Problem("no-service", what, _first_line(error), "this cloud lacks a service it needs")
        ) from error
    except (
        keystoneauth1.exceptions.Unauthorized,
        keystoneauth1.exceptions.MissingAuthPlugin,
        keystoneauth1.exceptions.MissingRequiredOptions,
        keystoneauth1.exceptions.NoMatchingPlugin,
        openstack.exceptions.ConfigException,
    ) as error:
        raise CredentialsError(
            Problem("credentials", what, _first_line(error), _CHECK_SETTINGS)
        ) from error
    except (
        keystoneauth1.exceptions.ConnectFailure,
        keystoneauth1.exceptions.DiscoveryFailure,
    ) as error:
        raise DownpourError(
            Problem("unreachable", what, _first_line(error), "check the address and the network")
        ) from error
    except openstack.exceptions.HttpException as error:
        if error.status_code == _UNAUTHORIZED:
            raise CredentialsError(
                Problem("credentials", what, _describe_http(error), _CHECK_SETTINGS)
            ) from error
        raise DownpourError(Problem("refused", what, _describe_http(error))) from error
    except (
        keystoneauth1.exceptions.ClientException,
        openstack.exceptions.SDKException,
    ) as error:
        raise DownpourError(Problem("failed", what, _first_line(error))) from error


@contextlib.contextmanager
def _translate_absence(what: str) -> Iterator[None]:
    try:
        yield
    except _NO_SERVICE as error:
        raise UnavailableError(
            Problem("no-service", what, "the cloud has no such service")
        ) from error
    except openstack.exceptions.HttpException as error:
        if error.status_code not in _ABSENT_STATUSES:
            raise
        raise UnavailableError(Problem("not-listed", what, _describe_http(error))) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _describe_http(error: openstack.exceptions.HttpException) -> str:
    # cinder escapes its messages as if they were HTML
    details = html.unescape(str(getattr(error, "details", None) or _first_line(error)))
    return f"HTTP {error.status_code}: {details}" if error.status_code else details


def _send_once(session: Any) -> None:
    """Let a session never send a request again by itself, as older SDKs ask it to.

    Where the answer to a write was lost nobody knows whether it was done: that is for us to see.
    """
    send = session.request

    def send_once(url: str, method: str, **details: Any) -> Any:
        return send(url, method, **{**details, "connect_retries": 0})

    session.request = send_once


class Cloud:
    """One project in one cloud, logged in.

    ``connection`` is openstacksdk's; captures and transfers use it for what listings do not give.
    """

    def __init__(self, connection: openstack.connection.Connection) -> None:
        self.connection = connection
        _send_once(connection.session)
        self._listings: dict[str, list[Attributes]] = {}
        with translate_errors("logging in"):
            self.project_id = str(connection.session.get_project_id() or "")
        if not self.project_id:
            raise CredentialsError(
                Problem(
                    "no-project",
                    "logging in",
                    "the credentials are not scoped to a project",
                    "name a project in clouds.yaml or OS_PROJECT_NAME",
                )
            )

    def describe(self) -> dict[str, str]:
        """Return what identifies the project: where the cloud is, region and project id."""
        return {
            "auth_url": str(self.connection.config.get_auth_args().get("auth_url") or ""),
            "region": str(self.connection.config.region_name or ""),
            "project_id": self.project_id,
        }

    def read_listing(self, listing: Listing) -> list[Attributes]:
        """Return all documents of a listing, read once and paged; keys are the API's names.

        Raises :class:`UnavailableError` where the cloud has no such service or extension or does
        not permit the listing, and :class:`DownpourError` for any other refusal.
        """
        if listing.name not in self._listings:
            what = f"listing {listing.name.partition('.')[2]}"
            read = listing.read(self) if listing.read else self._read_resources(listing.name)
            with translate_errors(what), _translate_absence(what):
                self._listings[listing.name] = list(read)
            # It stays until the end, and there may be millions of parts: not to be gone through
            # again whenever something else is made.
            gc.freeze()
        return self._listings[listing.name]

    def read_document(
        self, service: str, path: str, parameters: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return one document as sent; raises the SDK's exceptions."""
        answer = getattr(self.connection, service).get(path, params=parameters)
        openstack.exceptions.raise_from_response(answer)
        document: dict[str, Any] = answer.json()
        return document

    def _read_resources(self, listing: str) -> Iterator[Attributes]:
        service, _, call = listing.partition(".")
        for resource in getattr(getattr(self.connection, service), call)():
            document = resource.to_dict(headers=False, computed=False, original_names=True)
            yield {**document, "id": resource.id}


def connect(cloud_name: str | None, region_name: str | None) -> Cloud:
    """Log in to the cloud that the arguments or the environment name.

    Raises :class:`CredentialsError` when the settings or the credentials are wrong, and
    :class:`DownpourError` when the cloud cannot be reached.
    """
    chosen = {"cloud": cloud_name, "region_name": region_name}
    what = f"cloud {cloud_name or os.environ.get('OS_CLOUD') or 'of the environment'}"
    with translate_errors(what):
        settings = Settings(app_name="downpour", app_version=__version__).get_one(
            **{key: value for key, value in chosen.items() if value}
        )
        return Cloud(openstack.connection.Connection(config=settings))
