"""``python -m demo``: one move of a small tenant between two real OpenStack clouds."""

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

import openstack

from demo import proof, tenant
from demo.sandbox.errors import SandboxError
from demo.sandbox.processes import ProcessIdentity
from demo.sandbox.sandbox import Sandbox, find_state_directory
from demo.steps import CommandError, Narrator, run_command, say, show_file

CHECKOUT = Path(__file__).resolve().parent.parent
SOURCE = "src-alpha"
DESTINATION = "dst-alpha"
PATTERN = "downpour-demo*"

RESOURCE_FILE = """\
servers:
  - name: downpour-demo-tiny
    # Create the server using a separate key than it was created with.
    key_name: downpour-demo2
volumes:
  - name: downpour-demo-unattached
"""


def main() -> int:
    """Run the demo and return its exit status: 0 if every disk arrived with the same bytes."""
    parser = argparse.ArgumentParser(prog="demo/run", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave both clouds running")
    arguments = parser.parse_args()
    # Not the caller's own sandbox: these clouds are deleted at the end.
    state = CHECKOUT / ".sandbox" / "demo"
    sandbox = Sandbox(state, cache=find_state_directory(), say=lambda text: say(f"      {text}"))
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(sandbox.clouds_file)
    signal.signal(signal.SIGTERM, _interrupt)
    is_kept = False
    try:
        is_equal = move(sandbox, arguments.keep)
        is_kept = arguments.keep
    except (CommandError, SandboxError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted", file=sys.stderr)
        return 130
    finally:
        if not is_kept:
            remove_clouds(sandbox)
    if is_kept:
        explain_clouds(sandbox)
    return 0 if is_equal else 5


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def move(sandbox: Sandbox, is_kept: bool) -> bool:
    """Run all the steps; return whether every disk is the same on both sides."""
    narrator = Narrator()
    work = sandbox.state / "work"
    resource_file = work / "demo.yml"
    bundle = work / "bundle"
    playbook = ["ansible-playbook", "playbook.yml"]
    source_environment = {"OS_CLOUD": SOURCE}
    destination_environment = {"OS_CLOUD": DESTINATION, "ANSIBLE_NOCOLOR": "1"}

    with narrator.step("Start two OpenStack clouds that share nothing: src and dst"):
        sandbox.stop_clouds(wipe=True)
        # Whatever ends this process ends the clouds, unless they are to be kept.
        owner = None if is_kept else ProcessIdentity.of_pid(os.getpid())
        source, destination = sandbox.start_clouds(owner=owner)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        connections = [openstack.connect(cloud=name) for name in (SOURCE, DESTINATION)]

    with narrator.step("Fill a project of src, as an ordinary member"):
        tenant.fill_project(connections[0], source, work)
        say("      2 servers, 3 volumes, 2 networks, a router, 2 security groups, an image")

    with narrator.step("Identify: add to a resource file whatever has a name like downpour-demo*"):
        resource_file.write_text(RESOURCE_FILE, encoding="utf-8")
        options = [
            part
            for kind in ("server", "volume", "keypair", "image")
            for part in (f"--{kind}-name", tenant.IMAGE_NAME if kind == "image" else PATTERN)
        ]
        run_command(["downpour", "query", *options, "demo.yml"], source_environment, work)
        show_file(resource_file)

    with narrator.step("Plan: what would be taken, and what cannot be"):
        columns = [part for name in ("Type", "Name", "Route", "Bytes") for part in ("-c", name)]
        run_command(["downpour", "plan", "demo.yml", *columns], source_environment, work)

    with narrator.step("Export: everything that those need, into a directory"):
        run_command(["downpour", "export", "demo.yml", "bundle"], source_environment, work)
        names = (f"{path.name}{'/' * path.is_dir()}" for path in sorted(bundle.iterdir()))
        say(f"      {'  '.join(names)}")

    with narrator.step("Import: in dst, with nothing but ansible-core and openstacksdk"):
        text = run_command(playbook, destination_environment, bundle, log=work / "import.log")
        say(f"      {find_recap(text)}")
        show_file(bundle / "uuids.csv")

    with narrator.step("Import again: nothing is left to do"):
        text = run_command(playbook, destination_environment, bundle, log=work / "again.log")
        say(f"      {find_recap(text)}")

    with narrator.step("Prove it: SHA-256 of every disk in both clouds (images: SHA-512)"):
        new_ids = proof.read_new_ids(bundle / "uuids.csv")
        comparisons = proof.compare_disks(source, destination, new_ids, connections)
        say(proof.format_table(comparisons))
    return all(comparison.is_equal for comparison in comparisons)


def find_recap(text: str) -> str:
    """The line of ansible-playbook's output that counts what happened."""
    lines = [line for line in text.splitlines() if line.startswith("localhost ")]
    return " ".join(lines[-1].split()) if lines else "(no recap)"


def remove_clouds(sandbox: Sandbox) -> None:
    """Stop both clouds and delete them; a second Ctrl-C does not stop this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("\nStopping and removing both clouds")
    sandbox.stop_clouds(wipe=True)
    shutil.rmtree(sandbox.state, ignore_errors=True)


def explain_clouds(sandbox: Sandbox) -> None:
    """Say how to use the clouds that were left running, and how to remove them."""
    work = sandbox.state / "work"
    say(f"""
Both clouds are running. To play with them:

    export OS_CLIENT_CONFIG_FILE={sandbox.clouds_file}
    export PATH={Path(sys.executable).parent}:$PATH
    downpour --os-cloud {SOURCE} plan {work / "demo.yml"}
    cd {work / "bundle"} && OS_CLOUD={DESTINATION} ansible-playbook playbook.yml --check

To stop and remove them:

    cd {CHECKOUT} && python -m demo.sandbox --state-dir {sandbox.state} down
    rm -r {sandbox.state}""")


if __name__ == "__main__":
    sys.exit(main())
