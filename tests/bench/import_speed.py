"""The same 300 resources imported by a bundle and by a playbook of stock openstack.cloud modules.

``tox -e bench`` runs it: it starts two clouds, makes a tenant in one, exports it, and imports it
twice into fresh projects of the other, one import after the other. Exits with status 1 when the
bundle is not at least 8 times faster, or when its 200 rules take more than 2 s.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openstack
import yaml

from demo import disks
from demo.sandbox.sandbox import Sandbox
from demo.tenant import make_public_key

CHECKOUT = Path(__file__).resolve().parents[2]
STOCK_REQUIREMENTS = ("ansible==12.3.0", "openstacksdk<4.15")
LOWEST_RATIO = 8.0
MOST_RULE_SECONDS = 2.0
RULES = "Rules of security group|Security group rules"
KEYPAIR_COUNT, GROUP_COUNT, RULE_COUNT, NETWORK_COUNT, PORT_COUNT = 30, 5, 200, 20, 25


@dataclass
class Run:
    """One run of a playbook: seconds of wall clock and of processor, and of each task."""

    wall_seconds: float
    cpu_seconds: float
    task_seconds: dict[str, float] = field(default_factory=dict)

    def sum_tasks(self, pattern: str) -> float:
        """The seconds of the tasks whose names begin with a pattern."""
        return sum(
            seconds for name, seconds in self.task_seconds.items() if re.match(pattern, name)
        )


def main() -> int:
    """Run the benchmark; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours-only", action="store_true", help="leave the stock modules out")
    arguments = parser.parse_args()
    state = CHECKOUT / ".sandbox" / "bench"
    work = state / "work"
    sandbox = Sandbox(state, CHECKOUT / ".sandbox" / "cache", say=report)
    try:
        sandbox.stop_clouds(wipe=True)
        source_cloud, destination_cloud = sandbox.start_clouds()
        work.mkdir(mode=0o700, exist_ok=True)
        credentials = {
            "source": make_project(source_cloud.administrator),
            "ours": make_project(destination_cloud.administrator),
            "stock": make_project(destination_cloud.administrator),
            "warm-up": make_project(destination_cloud.administrator),
        }
        clouds_file = work / "clouds.yaml"
        clouds_file.write_text(yaml.safe_dump({"clouds": credentials}), encoding="utf-8")
        os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds_file)
        report("making the tenant")
        tenant = describe_tenant()
        fill_project(openstack.connect(cloud="warm-up"), describe_tenant(scale=0.1))
        fill_project(openstack.connect(cloud="source"), tenant)
        ours = import_bundle(export_tenant(work, tenant))
        if arguments.ours_only:
            print(f"ours: {ours.wall_seconds:.1f} s, {ours.cpu_seconds:.1f} CPU s")
            return 0
        stock = import_by_stock_modules(work, tenant)
        check_counts(openstack.connect(cloud="ours"))
        check_counts(openstack.connect(cloud="stock"))
    finally:
        sandbox.stop_clouds(wipe=True)
    return compare_runs(ours, stock)


def report(text: str) -> None:
    """Say what happens, on standard error."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def make_project(administrator: Any) -> dict[str, Any]:
    """Make a project with a member of its own and room enough; return the member's settings."""
    name = f"bench-{os.urandom(4).hex()}"
    password = os.urandom(8).hex()
    identity = administrator.identity
    project = identity.create_project(name=name, domain_id="default")
    user = identity.create_user(name=name, password=password, domain_id="default")
    role = identity.find_role("member", ignore_missing=False)
    identity.assign_project_role_to_user(project, user, role)
    administrator.network.update_quota(
        project.id, security_groups=-1, security_group_rules=-1, networks=-1, subnets=-1, ports=-1
    )
    config = administrator.config
    return {
        "auth": {
            "auth_url": config.auth["auth_url"],
            "username": name,
            "password": password,
            "project_name": name,
            "user_domain_id": "default",
            "project_domain_id": "default",
        },
        "region_name": config.region_name,
    }


def describe_tenant(scale: float = 1.0) -> dict[str, Any]:
    """The resources as plain data, which both imports are made from."""
    network_count = max(1, int(NETWORK_COUNT * scale))
    group_names = [f"group {number}" for number in range(max(1, int(GROUP_COUNT * scale)))]
    rules: dict[str, list[dict[str, Any]]] = {name: [] for name in group_names}
    for number in range(int(RULE_COUNT * scale)):
        rules[group_names[0]].append(
            {
                "protocol": "tcp",
                "port_range_min": 1000 + number,
                "port_range_max": 1001 + number,
                "remote_ip_prefix": f"10.99.{number}.0/24",
            }
        )
    return {
        "keypairs": [
            {"name": f"key {number}", "public_key": make_public_key("bench")}
            for number in range(int(KEYPAIR_COUNT * scale))
        ],
        "groups_with_rules": rules,
        "networks": [
            {"name": f"network {number}", "cidr": f"10.50.{number}.0/24"}
            for number in range(network_count)
        ],
        "ports": [
            {
                "name": f"port {number}",
                "network": f"network {number % network_count}",
                "ip_address": f"10.50.{number % network_count}.{100 + number}",
                "security_groups": [group_names[number % len(group_names)]],
            }
            for number in range(int(PORT_COUNT * scale))
        ],
    }


def fill_project(connection: Any, tenant: Mapping[str, Any]) -> None:
    """Make the tenant, and a server that has all the ports, so that an export finds them."""
    network = connection.network
    for keypair in tenant["keypairs"]:
        connection.compute.create_keypair(**keypair)
    groups = {}
    for name, rules in tenant["groups_with_rules"].items():
        groups[name] = network.create_security_group(name=name).id
        if rules:
            facts = [{**rule, "direction": "ingress", "ether_type": "IPv4"} for rule in rules]
            network.create_security_group_rules(
                [{**rule, "security_group_id": groups[name]} for rule in facts]
            )
    networks = {}
    for facts in tenant["networks"]:
        networks[facts["name"]] = network.create_network(name=facts["name"]).id
        network.create_subnet(
            name=f"{facts['name']}-v4",
            network_id=networks[facts["name"]],
            ip_version=4,
            cidr=facts["cidr"],
        )
    ports = [
        network.create_port(
            name=facts["name"],
            network_id=networks[facts["network"]],
            fixed_ips=[{"ip_address": facts["ip_address"]}],
            security_group_ids=[groups[name] for name in facts["security_groups"]],
        )
        for facts in tenant["ports"]
    ]
    image = connection.image.create_image(
        "tiny",
        data=disks.make_pattern("tiny"),
        disk_format="raw",
        container_format="bare",
        wait=True,
    )
    server = connection.compute.create_server(
        name="bench",
        image_id=image.id,
        flavor_id=connection.compute.find_flavor("m1.tiny", ignore_missing=False).id,
        networks=[{"port": port.id} for port in ports],
    )
    connection.compute.wait_for_server(server, interval=1)


def export_tenant(work: Path, tenant: Mapping[str, Any]) -> Path:
    """Export the tenant with downpour; return the bundle's directory."""
    resource_file = work / "bench.yml"
    names = [{"name": keypair["name"]} for keypair in tenant["keypairs"]]
    selection = {"servers": [{"name": "bench", "save_state": False}], "keypairs": names}
    resource_file.write_text(yaml.safe_dump(selection), encoding="utf-8")
    report("exporting it")
    command = ["downpour", "--os-cloud", "source", "-q", "export", "bench.yml", "bundle"]
    subprocess.run(command, cwd=work, check=True)
    return work / "bundle"


def import_bundle(bundle: Path) -> Run:
    """Import all that the stock playbook makes, too: no image, no server."""
    command = ["ansible-playbook", "playbook.yml", "--skip-tags", "images,servers"]
    return run_playbook("ours", command, bundle)


def import_by_stock_modules(work: Path, tenant: Mapping[str, Any]) -> Run:
    """Install the stock modules into an environment of their own, and import with them."""
    version = STOCK_REQUIREMENTS[0].partition("==")[2]
    environment = CHECKOUT / ".tools" / f"stock-{version}"
    python = environment / "bin" / "python"
    if not (environment / "bin" / "ansible-playbook").exists():
        report(f"installing {' and '.join(STOCK_REQUIREMENTS)}")
        subprocess.run(["uv", "venv", "--quiet", "--clear", str(environment)], check=True)
        install = ["uv", "pip", "install", "--quiet", "--python", str(python)]
        subprocess.run([*install, *STOCK_REQUIREMENTS], check=True)
    (work / "tenant.json").write_text(json.dumps(tenant), encoding="utf-8")
    command = [
        str(environment / "bin" / "ansible-playbook"),
        str(Path(__file__).with_name("stock_playbook.yml")),
        "--inventory=localhost,",
        "--extra-vars=@tenant.json",
        f"--extra-vars=cloud=stock ansible_python_interpreter={python}",
    ]
    return run_playbook("stock", command, work)


def run_playbook(cloud: str, command: Sequence[str], directory: Path) -> Run:
    """Run a playbook for a cloud of ``clouds.yaml``; time it and its tasks.

    Exits with the end of its output if it fails.
    """
    report(f"importing: {cloud}")
    run = Run(0.0, 0.0)
    lines = []
    begin = task_begin = time.monotonic()
    task = "start"
    environment = {
        **os.environ,
        "OS_CLOUD": cloud,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
    }
    with subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith(("TASK [", "PLAY RECAP")):
                now = time.monotonic()
                run.task_seconds[task] = run.task_seconds.get(task, 0.0) + now - task_begin
                task, task_begin = line[len("TASK [") :].rstrip(" *\n").removesuffix("]"), now
        # wait4 counts the processor time of the process and of all that it has waited for.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    run.wall_seconds = time.monotonic() - begin
    run.cpu_seconds = usage.ru_utime + usage.ru_stime
    if process.returncode:
        sys.exit("".join(lines[-40:]) + f"bench: {cloud}: exit status {process.returncode}")
    return run


def check_counts(connection: Any) -> None:
    """Raise ``AssertionError`` unless a project has what an import of the tenant makes."""
    network = connection.network
    project_id = connection.current_project_id
    groups = [
        group for group in network.security_groups(project_id=project_id) if group.name != "default"
    ]
    group_ids = {group.id for group in groups}
    rules = [
        rule
        for rule in network.security_group_rules(project_id=project_id)
        if rule.security_group_id in group_ids
    ]
    counts = {
        "keypairs": len(list(connection.compute.keypairs())),
        "groups": len(groups),
        "rules": len(rules),
        "networks": len(list(network.networks(project_id=project_id))),
        "subnets": len(list(network.subnets(project_id=project_id))),
        "ports": len(list(network.ports(project_id=project_id, device_owner=""))),
    }
    # Neutron gives each new group two rules of its own, which the source's groups have as well.
    assert counts == {
        "keypairs": KEYPAIR_COUNT,
        "groups": GROUP_COUNT,
        "rules": RULE_COUNT + 2 * GROUP_COUNT,
        "networks": NETWORK_COUNT,
        "subnets": NETWORK_COUNT,
        "ports": PORT_COUNT,
    }, counts


def compare_runs(ours: Run, stock: Run) -> int:
    """Print the figures; return the exit status."""
    count = KEYPAIR_COUNT + GROUP_COUNT + RULE_COUNT + 2 * NETWORK_COUNT + PORT_COUNT
    ratio = stock.wall_seconds / ours.wall_seconds
    rows = [
        (f"{count} resources, seconds", ours.wall_seconds, stock.wall_seconds),
        ("processor seconds", ours.cpu_seconds, stock.cpu_seconds),
    ]
    for title, pattern in (
        (f"{KEYPAIR_COUNT} keypairs, seconds", "Keypair"),
        (f"{RULE_COUNT} rules, seconds", RULES),
        (f"{NETWORK_COUNT} networks, seconds", "Network"),
        (f"{NETWORK_COUNT} subnets, seconds", "Subnet"),
        (f"{PORT_COUNT} ports, seconds", "Port"),
    ):
        rows.append((title, ours.sum_tasks(pattern), stock.sum_tasks(pattern)))
    print(f"{'':<28} {'bundle':>8} {'stock':>8} {'ratio':>7}")
    for title, our_value, stock_value in rows:
        print(f"{title:<28} {our_value:8.1f} {stock_value:8.1f} {stock_value / our_value:7.1f}")
    rule_seconds = ours.sum_tasks(RULES)
    is_fast = ratio >= LOWEST_RATIO and rule_seconds <= MOST_RULE_SECONDS
    print(
        f"the bundle is {ratio:.1f} times faster (wanted: {LOWEST_RATIO:.0f}); "
        f"{RULE_COUNT} rules in {rule_seconds:.1f} s (wanted: {MOST_RULE_SECONDS:.0f} s)"
    )
    return 0 if is_fast else 1


if __name__ == "__main__":
    sys.exit(main())
