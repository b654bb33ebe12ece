"""Run one service of one cloud in this process: its API, and its workers in threads.

``fake://`` messaging reaches what lives in the same process and nothing else, so each project's
API, scheduler, conductor and worker are together; projects talk to each other over HTTP only.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from demo.sandbox.processes import ProcessIdentity, wait_while
from demo.sandbox.services import HOST, PORT_OFFSETS, REGION

from . import launch, sqlite_locking
from .request_log import RequestLog

# How often a service looks whether its cloud's directory still is there and names it.
CHECK_SECONDS = 15.0

Application = Callable[..., Iterable[bytes]]


class QuietHandler(WSGIRequestHandler):
    """Keep connections open, and log nothing: ``RequestLog`` does."""

    protocol_version = "HTTP/1.1"
    timeout = 120

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


class Service:
    """One service of one cloud, and what keeps it alive."""

    def __init__(self, name: str, cloud: launch.Cloud):
        self.name = name
        self.cloud = cloud
        self.configuration = cloud.directory / "etc"
        self.workers: list[Any] = []

    def listen(self, application: Application, name: str | None = None) -> None:
        """Answer requests for an application in a thread."""
        service = name or self.name
        path = self.cloud.directory / "log" / "requests.jsonl"
        server = make_server(
            HOST,
            int(self.cloud.urls[service].rpartition(":")[2]),
            RequestLog(application, service, path),
            threaded=True,
            request_handler=QuietHandler,
            fd=self.cloud.sockets[service],
        )
        os.close(self.cloud.sockets[service])
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def start_worker(self, worker: Any) -> None:
        """Start a service object and keep it."""
        worker.start()
        self.workers.append(worker)


def run_privileged_here(*modules: str) -> None:
    """Run "privileged" functions in this process, with its own privileges.

    Otherwise ``sudo privsep-helper`` is looked up in PATH, which may be another OpenStack's.
    """
    for name in modules:
        importlib.import_module(name)
    from oslo_privsep import priv_context

    for module in list(sys.modules.values()):
        for value in list(vars(module).values()) if module else ():
            if isinstance(value, priv_context.PrivContext):
                value.set_client_mode(False)


def serve_keystone(service: Service) -> None:
    """Serve keystone; the first time, create its administrator."""
    from keystone.server import wsgi

    application = wsgi.initialize_public_application()
    from keystone.common import provider_api

    if not provider_api.ProviderAPIs.resource_api.list_projects():
        from keystone.cmd import bootstrap

        # The back ends are loaded already, and refuse to be loaded twice.
        bootstrap.backends.load_backends = lambda: None
        bootstrapper = bootstrap.Bootstrapper()
        bootstrapper.admin_username = "admin"
        bootstrapper.admin_password = service.cloud.admin_password
        bootstrapper.project_name = bootstrapper.admin_role_name = "admin"
        bootstrapper.service_name = "keystone"
        bootstrapper.region_id = REGION
        url = f"{service.cloud.urls['keystone']}/v3"
        bootstrapper.public_url = bootstrapper.internal_url = bootstrapper.admin_url = url
        bootstrapper.immutable_roles = True
        bootstrapper.bootstrap()
    service.listen(application)


def serve_glance(service: Service) -> None:
    """Serve glance."""
    from glance.common import wsgi_app

    service.listen(wsgi_app.init_app())


def serve_neutron(service: Service) -> None:
    """Serve neutron's API; without agents it needs no worker."""
    from neutron import server
    from neutron.server import api

    service.listen(server.boot_server(api.api_server, prog="neutron-api"))


def serve_cinder(service: Service) -> None:
    """Serve cinder's API and run its volume, backup and scheduler services."""
    sys.argv = ["cinder", "--config-file", f"{service.configuration}/cinder.conf"]
    # Registers options of the command line, so before that is read.
    from cinder.cmd import volume as volume_command
    from cinder.wsgi import wsgi

    application = wsgi.initialize_application()
    import os_brick
    from cinder import service as cinder_service
    from cinder import utils
    from oslo_config import cfg

    os_brick.setup(cfg.CONF)
    run_privileged_here("cinder.privsep", "os_brick.privileged")
    utils.get_root_helper = lambda: "env"
    # The volume service first: the scheduler waits for its first capability report.
    for backend in cfg.CONF.enabled_backends:
        cfg.CONF.register_opt(volume_command.host_opt, group=backend)
        service.start_worker(
            cinder_service.Service.create(
                host=f"{cfg.CONF.host}@{backend}",
                service_name=backend,
                binary="cinder-volume",
                coordination=True,
            )
        )
    service.start_worker(
        cinder_service.Service.create(
            binary="cinder-backup", service_name="backup", coordination=True
        )
    )
    service.start_worker(cinder_service.Service.create(binary="cinder-scheduler"))
    # A class attribute: of several services in one process only the last one would report.
    cinder_service.Service.service_id = service.workers[0].origin_service_id
    service.listen(application)


def serve_nova(service: Service) -> None:
    """Serve nova's API and placement, and run nova's conductor, scheduler and compute service."""
    sys.argv = ["nova"]
    from placement import wsgi as placement_wsgi

    service.listen(placement_wsgi.init_application(), "placement")
    import os_brick
    import os_vif
    from nova import context, objects
    from nova import service as nova_service
    from nova.api.openstack import wsgi_app
    from nova.objects import host_mapping
    from oslo_config import cfg
    from paste import deploy

    from . import compute

    file = f"{service.configuration}/nova.conf"
    wsgi_app._get_config_files = lambda _environment=None: [file]
    wsgi_app.init_global_data([file], "osapi_compute", "nova")
    objects.register_all()
    wait_for_file(service.cloud.directory / "run" / "identity.ready")
    map_cells(service.cloud.directory)
    os_vif.initialize()
    os_brick.setup(cfg.CONF)
    run_privileged_here("nova.privsep", "os_brick.privileged")
    # Nova loads drivers from this package only.
    sys.modules["nova.virt.sandbox"] = compute
    for topic in ("conductor", "scheduler", "compute"):
        options = {"topic_alt": "compute-alt"} if topic == "compute" else {}
        service.start_worker(
            nova_service.Service.create(binary=f"nova-{topic}", topic=topic, **options)
        )
    host_mapping.discover_hosts(context.get_admin_context())
    wsgi_app._setup_service(cfg.CONF.host, "osapi_compute")
    pipeline = f"config:{cfg.CONF.wsgi.api_paste_config}"
    service.listen(deploy.loadapp(pipeline, name="osapi_compute"))


def map_cells(directory: Path) -> None:
    """Tell nova of its two cells, the first time."""
    from nova import context, objects
    from oslo_config import cfg
    from oslo_utils import uuidutils

    administrator = context.get_admin_context()
    if objects.CellMappingList.get_all(administrator):
        return
    objects.CellMapping(
        administrator,
        uuid=objects.CellMapping.CELL0_UUID,
        name="cell0",
        transport_url="none:///",
        database_connection=f"sqlite:///{directory}/db/nova_cell0.sqlite",
    ).create()
    objects.CellMapping(
        administrator,
        uuid=uuidutils.generate_uuid(),
        name="cell1",
        transport_url=cfg.CONF.transport_url,
        database_connection=cfg.CONF.database.connection,
    ).create()


def wait_for_file(path: Path) -> None:
    """Wait until a file exists."""
    while not path.exists():
        time.sleep(0.05)


SERVE: dict[str, Callable[[Service], None]] = {
    "keystone": serve_keystone,
    "glance": serve_glance,
    "cinder": serve_cinder,
    "neutron": serve_neutron,
    "nova": serve_nova,
}


def serve_until_end(name: str, cloud: launch.Cloud, identity: ProcessIdentity) -> None:
    """Run a service until its owner ends or its directory is gone, or names another process."""
    configuration = str(cloud.directory / "etc")
    for project in ("KEYSTONE", "GLANCE", "PLACEMENT", "NOVA", "NEUTRON"):
        os.environ[f"OS_{project}_CONFIG_DIR"] = configuration
    os.environ["OS_NOVA_CONFIG_FILES"] = "nova.conf"
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    assert set(cloud.sockets) == set(PORT_OFFSETS)
    pid_file = cloud.directory / "run" / f"{name}.pid"
    # While it starts, too: a start may hang.
    threading.Thread(target=end_with_owner, args=(cloud, pid_file, identity), daemon=True).start()
    sys.argv = [name]
    sqlite_locking.install_locking()
    SERVE[name](Service(name, cloud))
    (cloud.directory / "run" / f"{name}.ready").touch()
    while True:
        time.sleep(3600)


def end_with_owner(cloud: launch.Cloud, pid_file: Path, identity: ProcessIdentity) -> None:
    """End this process, at once, when nobody can want it any more."""
    wait_while(cloud.owner, lambda: ProcessIdentity.read(pid_file) == identity, CHECK_SECONDS)
    os._exit(0)
