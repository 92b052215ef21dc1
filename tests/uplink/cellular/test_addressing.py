"""The modem's interface gets the address that the network gave, in a network of the test's own."""

from __future__ import annotations

import shutil
import subprocess
from ipaddress import IPv4Address, IPv4Interface

import pytest

from edge.uplink.cellular.addressing import Addresses, give_address
from edge.uplink.cellular.errors import BearerError

GIVEN = Addresses(IPv4Interface("10.20.30.41/30"), IPv4Address("10.20.30.42"), 1430)
CONFIG = {
    "method": ("u", 2),
    "address": ("s", "10.20.30.41"),
    "prefix": ("u", 30),
    "gateway": ("s", "10.20.30.42"),
    "mtu": ("u", 1430),
}


def test_what_a_bearer_tells_is_read() -> None:
    assert Addresses.of_bearer(CONFIG) == GIVEN
    bare = {**CONFIG, "gateway": ("s", ""), "mtu": ("u", 0)}
    assert Addresses.of_bearer(bare) == Addresses(GIVEN.address, None, None)


@pytest.mark.parametrize(
    "changed",
    [{"method": ("u", 3)}, {"method": ("u", 0)}, {"address": ("s", "x")}, {"prefix": ("u", 99)}],
)
def test_what_is_no_address_changes_nothing(changed: dict[str, tuple[str, object]]) -> None:
    assert Addresses.of_bearer({**CONFIG, **changed}) is None
    give_address("wwan0", {**CONFIG, **changed})


def test_the_commands_work_and_may_be_repeated() -> None:
    """On the loopback interface of a network namespace, which goes with its process."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("unshare or ip is not here; to run this: apt-get install util-linux iproute2")
    script = "\n".join(" ".join(command) for command in 2 * GIVEN.commands("lo"))
    inside = f"set -e\n{script}\nip -o address show dev lo\nip route show default"
    done = subprocess.run(
        ["unshare", "--net", "--map-root-user", "sh", "-c", inside], capture_output=True, text=True
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no network of its own may be made here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("10.20.30.41/30") == 1
    assert done.stdout.count("default via 10.20.30.42 dev lo metric 700") == 1


def test_an_interface_that_is_not_there_is_told() -> None:
    if shutil.which("ip") is None:
        pytest.skip("ip is not here; to run this: apt-get install iproute2")
    with pytest.raises(BearerError, match="nowhere0 could not be given its address"):
        give_address("nowhere0", CONFIG)
