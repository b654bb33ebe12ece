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
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from demo.sandbox.cloud import Cloud
from demo.sandbox.projects import Project, create_project, write_clouds_file
from demo.sandbox.session import open_session
from demo.tenant import make_public_key

CHECKOUT = Path(__file__).resolve().parents[2]
STOCK_REQUIREMENTS = ("ansible==12.3.0", "openstacksdk<4.15")
LOWEST_RATIO = 8.0
MOST_RULE_SECONDS = 2.0
RULES = "Rules of security group|Security group rules"
KEYPAIR_COUNT, GROUP_COUNT, RULE_COUNT, NETWORK_COUNT, PORT_COUNT = 30, 10, 200, 20, 20


@dataclass
class Run:
    """One run of a playbook: seconds of wall clock and of processor, and of each task.

    ``service_seconds`` is how long the cloud worked on each request, by the end of its path: no
    import can be faster than that.
    """

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    task_seconds: dict[str, float] = field(default_factory=dict)
    service_seconds: dict[str, float] = field(default_factory=dict)

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
    tenant = describe_tenant()
    with open_session(report) as clouds, tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        source, warm_up, ours, stock = make_projects(clouds, work / "clouds.yaml")
        report("making the tenant")
        fill_project(source.connection, tenant)
        # The clouds' first requests of each kind take longer.
        fill_project(warm_up.connection, describe_tenant(scale=0.1))
        bundle = export_tenant(work, tenant)
        mark = ours.mark_requests()
        runs = [import_bundle(bundle)]
        runs[0].service_seconds = sum_service_seconds(ours, mark)
        check_counts(ours)
        if not arguments.ours_only:
            mark = stock.mark_requests()
            runs.append(import_by_stock_modules(work, tenant))
            runs[1].service_seconds = sum_service_seconds(stock, mark)
            check_counts(stock)
    return compare_runs(*runs)


def report(text: str) -> None:
    """Say what happens, on standard error."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def make_projects(clouds: Sequence[Cloud], clouds_file: Path) -> list[Project]:
    """Make the projects ``source``, ``warm-up``, ``ours`` and ``stock``, with room enough."""
    source_cloud, destination_cloud = clouds
    projects = {"source": create_project(source_cloud, "bench")}
    for name in ("warm-up", "ours", "stock"):
        projects[name] = create_project(destination_cloud, "bench")
    for project in projects.values():
        limits = ("security_group", "security_group_rule", "network", "subnet", "port")
        project.set_quota("network", **dict.fromkeys(limits, -1))
    write_clouds_file(clouds_file, projects)
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds_file)
    return list(projects.values())


def describe_tenant(scale: float = 1.0) -> dict[str, Any]:
    """The resources as plain data, which both imports are made from."""
    network_count = max(1, int(NETWORK_COUNT * scale))
    group_names = [f"group {number}" for number in range(max(1, int(GROUP_COUNT * scale)))]
    rules: dict[str, list[dict[str, Any]]] = {name: [] for name in group_names}
    for number in range(int(RULE_COUNT * scale)):
        rules[group_names[number % len(group_names)]].append(
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
        data=bytes(1 << 20),
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
    run = Run()
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


def sum_service_seconds(project: Project, mark: int) -> dict[str, float]:
    """How long the cloud worked on a project's requests, by the last part of their path."""
    seconds: dict[str, float] = {}
    with project.cloud.requests.path.open("rb") as log:
        log.seek(mark)
        for line in log:
            request = json.loads(line)
            if request["project_id"] == project.id:
                name = request["path"].rpartition("/")[2]
                seconds[name] = seconds.get(name, 0.0) + request["seconds"]
    return seconds


def check_counts(project: Project) -> None:
    """Raise ``AssertionError`` unless a project has what an import of the tenant makes."""
    connection: Any = project.connection
    network = connection.network
    project_id = project.id
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


def compare_runs(ours: Run, stock: Run | None = None) -> int:
    """Print the figures; return the exit status."""
    count = KEYPAIR_COUNT + GROUP_COUNT + RULE_COUNT + 2 * NETWORK_COUNT + PORT_COUNT
    print(f"{'':<28} {'bundle':>8} {'stock':>8} {'ratio':>7}")
    rows: list[tuple[str, Callable[[Run], float]]] = [
        (f"{count} resources, seconds", lambda run: run.wall_seconds),
        ("of it, the cloud's work", lambda run: sum(run.service_seconds.values())),
        ("processor seconds", lambda run: run.cpu_seconds),
        (f"{KEYPAIR_COUNT} keypairs, seconds", lambda run: run.sum_tasks("Keypair")),
        (f"{RULE_COUNT} rules, seconds", lambda run: run.sum_tasks(RULES)),
        ("of it, the cloud's work", lambda run: run.service_seconds["security-group-rules"]),
        (f"{NETWORK_COUNT} networks, seconds", lambda run: run.sum_tasks("Network")),
        (f"{NETWORK_COUNT} subnets, seconds", lambda run: run.sum_tasks("Subnet")),
        (f"{PORT_COUNT} ports, seconds", lambda run: run.sum_tasks("Port")),
    ]
    for title, read in rows:
        line = f"{title:<28} {read(ours):8.1f}"
        print(line + (f" {read(stock):8.1f} {read(stock) / read(ours):7.1f}" if stock else ""))
    rule_seconds = ours.sum_tasks(RULES)
    is_fast = rule_seconds <= MOST_RULE_SECONDS
    print(f"{RULE_COUNT} rules in {rule_seconds:.1f} s (wanted: {MOST_RULE_SECONDS:.0f} s)")
    if stock:
        ratio = stock.wall_seconds / ours.wall_seconds
        is_fast = is_fast and ratio >= LOWEST_RATIO
        print(f"the bundle is {ratio:.1f} times faster (wanted: {LOWEST_RATIO:.0f})")
    return 0 if is_fast else 1


if __name__ == "__main__":
    sys.exit(main())
