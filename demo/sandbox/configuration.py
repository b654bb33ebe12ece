"""The services' configuration files of one cloud.

Why a setting is there is said beside it where it is not obvious.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .services import REGION

DIRECTORIES: Final = (
    "etc",
    "db",
    "log",
    "run",
    "lock",
    "images",
    "volumes",
    "instances",
    "backups",
    "state/cinder/conversion",
    "state/coordination",
    "state/glance-staging",
    "state/glance-tasks",
    "state/neutron",
    "state/nova",
)

LOG: Final = """
use_stderr = false
debug = false
log_file = {directory}/log/{service}.log
"""

AUTH: Final = """
auth_type = password
auth_url = {keystone}/v3
username = {service}
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
region_name = {region}
"""

COMMON: Final = (
    """
[oslo_concurrency]
lock_path = {directory}/lock
[oslo_messaging_notifications]
driver = noop
[oslo_policy]
policy_file = {directory}/etc/{service}-policy.yaml
[keystone_authtoken]
www_authenticate_uri = {keystone}
service_token_roles_required = true
service_token_roles = service
"""
    + AUTH
    + """
[service_user]
send_service_user_token = true
"""
    + AUTH
)

DATABASE: Final = """
[database]
connection = sqlite:///{directory}/db/{service}.sqlite
sqlite_synchronous = false
"""

# The keystone refuses to start without a key repository for receipts, which nobody uses here.
KEYSTONE: Final = (
    "[DEFAULT]"
    + LOG
    + DATABASE
    + """
[token]
provider = fernet
expiration = 43200
[fernet_tokens]
key_repository = {directory}/etc/fernet
[fernet_receipts]
key_repository = {directory}/etc/fernet
[credential]
key_repository = {directory}/etc/credential
[identity]
password_hash_rounds = 4
[cache]
enabled = true
backend = oslo_cache.dict
[oslo_middleware]
max_request_body_size = 1048576
"""
)

GLANCE: Final = (
    "[DEFAULT]"
    + LOG
    + """
enabled_backends = file:file
enabled_import_methods = [glance-direct,web-download,copy-image]
transport_url = fake://
show_image_direct_url = false
worker_self_reference_url = {glance}
"""
    + COMMON
    + DATABASE
    + """
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = {directory}/images
# zeros of a raw image take no room
filesystem_thin_provisioning = true
[os_glance_staging_store]
filesystem_store_datadir = {directory}/state/glance-staging
[os_glance_tasks_store]
filesystem_store_datadir = {directory}/state/glance-tasks
[paste_deploy]
flavor = keystone
config_file = {paste}/glance/glance-api-paste.ini
[image_format]
disk_formats = ami,ari,aki,vhd,vhdx,vmdk,raw,qcow2,vdi,iso,ploop
"""
)

CINDER: Final = (
    "[DEFAULT]"
    + LOG
    + """
host = {host}
my_ip = 127.0.0.1
transport_url = fake://
state_path = {directory}/state/cinder
api_paste_config = {paste}/cinder/api-paste.ini
resource_query_filters_file = {paste}/cinder/resource_filters.json
rootwrap_config = {paste}/cinder/rootwrap.conf
auth_strategy = keystone
glance_api_servers = {glance}
enabled_backends = file
default_volume_type = file
image_conversion_dir = {directory}/state/cinder/conversion
volume_clear = none
scheduler_max_attempts = 1
report_interval = 10
# the services share one process: they live or die together
service_down_time = 315360000
periodic_fuzzy_delay = 1
# the scheduler learns of the back end from the first capability report
periodic_interval = 5
backup_driver_stats_polling_interval = 10
backend_stats_polling_interval = 30
backup_driver = cinder.backup.drivers.posix.PosixBackupDriver
backup_posix_path = {directory}/backups
volume_usage_audit_period = day
[file]
volume_driver = demo.sandbox.driver.volumes.FileDriver
volume_backend_name = file
file_volumes_dir = {directory}/volumes
image_volume_cache_enabled = false
[nova]
"""
    + AUTH
    + """
[coordination]
backend_url = file://{directory}/state/coordination
"""
    + COMMON
    + DATABASE
)

NEUTRON: Final = (
    "[DEFAULT]"
    + LOG
    + """
host = {host}
transport_url = fake://
state_path = {directory}/state/neutron
api_paste_config = {paste}/neutron/api-paste.ini
core_plugin = ml2
service_plugins = {neutron_plugins}
auth_strategy = keystone
# else floating IPs do not show in nova's server addresses
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
send_events_interval = 1
global_physnet_mtu = 1500
dhcp_agent_notification = false
# no agents, so no port waits for one
enable_traditional_dhcp = false
[ml2]
type_drivers = flat,vlan,vxlan
tenant_network_types = vxlan
mechanism_drivers = sandbox
extension_drivers = port_security,qos,dns_domain_ports
[ml2_type_flat]
flat_networks = public
[ml2_type_vlan]
network_vlan_ranges = physnet1:100:299
[ml2_type_vxlan]
vni_ranges = 1:100000
[securitygroup]
enable_security_group = true
[nova]
"""
    + AUTH
    + """
[placement]
"""
    + AUTH
    + COMMON
    + DATABASE
)

NEUTRON_PLUGINS: Final = (
    "router",
    "qos",
    "trunk",
    "segments",
    "network_ip_availability",
    "auto_allocate",
    "tag",
    "timestamp",
    "revisions",
    "port_forwarding",
)

NOVA: Final = (
    "[DEFAULT]"
    + LOG
    + """
host = {host}
my_ip = 127.0.0.1
transport_url = fake://
state_path = {directory}/state/nova
instances_path = {directory}/instances
compute_driver = sandbox.FileDriver
rootwrap_config = {paste}/nova/rootwrap.conf
default_schedule_zone = nova
allow_resize_to_same_host = true
resize_confirm_window = 0
report_interval = 10
periodic_fuzzy_delay = 1
sync_power_state_interval = -1
vif_plugging_timeout = 0
vif_plugging_is_fatal = false
block_device_allocate_retries_interval = 1
[wsgi]
api_paste_config = {paste}/nova/api-paste.ini
[vnc]
enabled = false
[api_database]
connection = sqlite:///{directory}/db/nova_api.sqlite
sqlite_synchronous = false
[filter_scheduler]
track_instance_changes = false
[glance]
api_servers = {glance}
[cinder]
os_region_name = {region}
# the catalog's type is not the one that nova looks for by default
catalog_info = block-storage:cinder:publicURL
"""
    + AUTH
    + """
[neutron]
"""
    + AUTH
    + """
[placement]
"""
    + AUTH
    + COMMON
    + DATABASE
)

PLACEMENT: Final = (
    "[DEFAULT]"
    + LOG
    + """
[api]
auth_strategy = keystone
[placement_database]
connection = sqlite:///{directory}/db/placement.sqlite
sqlite_synchronous = false
"""
    + COMMON
)

FILES: Final = {
    "keystone.conf": KEYSTONE,
    "glance-api.conf": GLANCE,
    "cinder.conf": CINDER,
    "neutron.conf": NEUTRON,
    "nova.conf": NOVA,
    "placement.conf": PLACEMENT,
}


def write_configuration(
    directory: Path, name: str, urls: Mapping[str, str], password: str, paste: Path
) -> None:
    """Make a cloud's directories and write its configuration files.

    ``password`` is that of the service users, ``paste`` the directory with the services' paste
    files (``etc`` in their virtual environment).
    """
    for subdirectory in DIRECTORIES:
        (directory / subdirectory).mkdir(parents=True, exist_ok=True)
    for file_name, text in FILES.items():
        service = file_name.removesuffix(".conf").removesuffix("-api")
        values = {
            "directory": directory,
            "host": f"{name}-host",
            "neutron_plugins": ",".join(NEUTRON_PLUGINS),
            "password": password,
            "paste": paste,
            "region": REGION,
            "service": service,
            **urls,
        }
        path = directory / "etc" / file_name
        path.write_text(text.format(**values), encoding="utf-8")
        (directory / "etc" / f"{service}-policy.yaml").write_text("{}\n", encoding="utf-8")
