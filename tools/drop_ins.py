"""Drop-ins of the station's service, for configurations that need more than its unit lets it do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.config import StationConfig

OPTIONAL = "/usr/share/irbis"
"""Where a system has all of them; one that is linked into ``FOLDER`` is in force."""
FOLDER = "/etc/systemd/system/irbis.service.d"
"""On an Irbis card a link to /data, for its root is read-only."""
GIVE_ADDRESS = "give-address.conf"
ALL = (GIVE_ADDRESS,)


def needed(config: StationConfig) -> tuple[str, ...]:
    """The names of those that ``config`` needs."""
    cellular = config.uplink.cellular
    return (GIVE_ADDRESS,) if cellular is not None and cellular.give_address else ()
