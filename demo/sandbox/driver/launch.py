"""Start the services of one or more clouds: import once, fork for each cloud.

``python -m demo.sandbox.driver.launch`` reads a JSON list of ``Cloud`` from its standard input.
This process imports what all services share and forks one child for each service; that imports
the service and forks one grandchild for each cloud.  So what is imported is in memory once.
This process ends when all grandchildren are forked, with status 0, and says nothing about how
they fare: each writes ``run/<service>.pid`` at once and ``run/<service>.ready`` when it answers.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.sandbox.processes import ProcessIdentity
from demo.sandbox.services import PROCESSES

# Native threads everywhere; eventlet.tpool, which cinder uses all the same, calls inline.
ENVIRONMENT = {
    "OS_NOVA_DISABLE_EVENTLET_PATCHING": "true",
    "OS_CINDER_DISABLE_EVENTLET_PATCHING": "true",
    "EVENTLET_THREADPOOL_SIZE": "0",
}

SHARED_MODULES = """
    sqlalchemy sqlalchemy.dialects.sqlite oslo_db.sqlalchemy.enginefacade oslo_config.cfg
    oslo_log.log oslo_messaging oslo_policy.policy oslo_middleware keystonemiddleware.auth_token
    oslo_versionedobjects.base werkzeug.serving paste.deploy webob routes cryptography.fernet
    requests jsonschema stevedore keystoneauth1.loading setproctitle
"""

MODULES = {
    "keystone": "keystone.server.wsgi keystone.cmd.bootstrap",
    "glance": """
        glance.common.wsgi_app glance.api.v2.router glance_store.multi_backend
        glance_store._drivers.filesystem
    """,
    "cinder": """
        cinder.cmd.volume cinder.wsgi.wsgi cinder.volume.manager cinder.scheduler.manager
        cinder.api.v3.router cinder.scheduler.filter_scheduler demo.sandbox.driver.volumes
    """,
    "neutron": """
        neutron.server.api neutron.plugins.ml2.plugin neutron.services.l3_router.l3_router_plugin
        neutron.services.trunk.plugin neutron.services.qos.qos_plugin
        neutron.services.segments.plugin neutron.pecan_wsgi.app demo.sandbox.driver.network
    """,
    "nova": """
        nova.api.openstack.wsgi_app nova.compute.manager nova.conductor.manager
        nova.scheduler.manager nova.api.openstack.compute placement.wsgi placement.handler
        demo.sandbox.driver.compute
    """,
}


@dataclass(frozen=True)
class Cloud:
    """What a service must know about its cloud."""

    name: str
    directory: Path
    urls: dict[str, str]
    """Service name to base URL."""
    sockets: dict[str, int]
    """Service name to the descriptor of a listening socket."""
    admin_password: str
    owner: ProcessIdentity | None
    """The services end when this process does."""

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Cloud:
        """Read what ``json`` has decoded."""
        owner = fields.pop("owner")
        directory = Path(fields.pop("directory"))
        return cls(
            directory=directory,
            owner=ProcessIdentity(**owner) if owner else None,
            **fields,
        )


def import_modules(names: str) -> None:
    """Import modules, and keep their objects out of the garbage collector's way.

    The collector would touch, so copy, memory that the forked processes share.
    """
    for name in names.split():
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def redirect_output(path: Path) -> None:
    """Send standard output and standard error to a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def close_sockets_of_others(service: str, cloud: Cloud, clouds: list[Cloud]) -> None:
    """Close the sockets that another process serves.

    As long as one process has it open, a port of a dead service would accept connections.
    """
    kept = {service, "placement"} if service == "nova" else {service}
    for other in clouds:
        for name, descriptor in other.sockets.items():
            if other is not cloud or name not in kept:
                os.close(descriptor)


def run_service(service: str, cloud: Cloud, clouds: list[Cloud]) -> None:
    """Be one service of one cloud until it ends."""
    identity = ProcessIdentity.of_pid(os.getpid())
    assert identity is not None
    identity.write(cloud.directory / "run" / f"{service}.pid")
    # Only now: who cancels the start kills the launcher's process group, and what is recorded.
    os.setsid()
    redirect_output(cloud.directory / "log" / f"{service}.out")
    # Once more: some imported module has chosen otherwise, and policies warn at each request.
    warnings.simplefilter("ignore")
    close_sockets_of_others(service, cloud, clouds)
    importlib.import_module("setproctitle").setproctitle(f"sandbox {cloud.name} {service}")

    from . import serve

    serve.serve_until_end(service, cloud, identity)


def prepare_native_threads(service: str) -> None:
    """Choose native threads in a service that still knows eventlet."""
    module: Any = importlib.import_module(f"{service}.monkey_patch")
    # It refuses native threads where eventlet is imported, and oslo.service has imported it.
    module.poison_eventlet = lambda: None
    module.patch(backend="threading")
    importlib.import_module(f"{service}.objects").register_all()


def fork_service(service: str, clouds: list[Cloud]) -> None:
    """In a child process: import one service and fork it for each cloud."""
    if service in ("cinder", "nova"):
        prepare_native_threads(service)
    import_modules(MODULES[service])
    for cloud in clouds:
        if os.fork() == 0:
            run_service(service, cloud, clouds)


def main() -> int:
    """Start everything; return 1 if a service could not be imported."""
    warnings.simplefilter("ignore")
    os.environ.update(ENVIRONMENT)
    clouds = [Cloud.from_json(fields) for fields in json.load(sys.stdin)]
    from oslo_service import backend

    backend.init_backend(backend.BackendType.THREADING)
    import_modules(SHARED_MODULES)
    children = []
    for service in PROCESSES:
        child = os.fork()
        if child == 0:
            # Whatever happens, a forked process must never return into the code below.
            status = 1
            try:
                fork_service(service, clouds)
                status = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
                raise
            finally:
                sys.stderr.flush()
                os._exit(status)
        children.append(child)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
