"""Giving the modem's network interface the address that its network told ModemManager.

ModemManager connects a modem and leaves the interface to others. Where NetworkManager or a DHCP
client looks after it, this is not needed; on a bare system these few ``ip`` commands are all.
"""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from edge.uplink.cellular.errors import BearerError, BearerFault

_STATIC = 2
"""MMBearerIpMethod."""
_METRIC = 700
"""Behind Ethernet and Wi-Fi, where there is one: data that cost nothing are better."""
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """IPv4 as the network gave it; ``gateway`` is None on a link between two."""

    address: ipaddress.IPv4Interface
    gateway: ipaddress.IPv4Address | None
    mtu: int | None

    @classmethod
    def of_bearer(cls, ip4_config: Mapping[str, Any]) -> Self | None:
        """From a bearer's Ip4Config, values with their signatures; None where it is not static, or
        is no address."""
        plain = {name: value for name, (_, value) in ip4_config.items()}
        if plain.get("method") != _STATIC:
            return None
        try:
            address = ipaddress.IPv4Interface(f"{plain['address']}/{plain['prefix']}")
            gateway = ipaddress.IPv4Address(plain["gateway"]) if plain.get("gateway") else None
        except (KeyError, ValueError):
            return None
        return cls(address, gateway, plain.get("mtu") or None)

    def commands(self, interface: str) -> list[tuple[str, ...]]:
        """What has to be run, in order; run twice it changes nothing."""
        mtu = ("mtu", str(self.mtu)) if self.mtu else ()
        via = ("via", str(self.gateway)) if self.gateway else ()
        return [
            ("ip", "link", "set", "dev", interface, "up", *mtu),
            ("ip", "address", "replace", str(self.address), "dev", interface),
            ("ip", "route", "replace", "default", *via, "dev", interface, "metric", str(_METRIC)),
        ]


def give_address(interface: str, ip4_config: Mapping[str, Any]) -> None:
    """Address ``interface`` where the network told how. Needs CAP_NET_ADMIN. Raises BearerError.

    Where it is told to ask by DHCP, nothing is done: that is a DHCP client's work.
    """
    addresses = Addresses.of_bearer(ip4_config)
    for command in addresses.commands(interface) if addresses else ():
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip()
            raise BearerError(
                BearerFault.NOT_CONNECTED,
                f"cellular: {interface} could not be given its address ({said}); the service needs"
                " CAP_NET_ADMIN (which a hand-over of this configuration gives it) and the"
                " program ip",
            ) from error
