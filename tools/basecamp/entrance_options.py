"""How `irbis basecamp serve` is told of an entrance: where, and with which certificate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import ConfigError

if TYPE_CHECKING:
    from tools.basecamp.certificate import Certificate
    from tools.basecamp.listening import ListenAddress


def configure(group: argparse._ArgumentGroup, name: str, what: str, plain: str) -> None:
    """Add the four options of the entrance ``name``; ``what`` it is for, and when it may be
    ``plain``."""
    group.add_argument(f"--{name}", metavar="HOST:PORT", help=what)
    group.add_argument(
        f"--{name}-certificate", metavar="FILE", type=Path, help="the chain that proves it (PEM)"
    )
    group.add_argument(
        f"--{name}-key", metavar="FILE", type=Path, help="its key (PEM), if not in the same file"
    )
    group.add_argument(f"--{name}-plain", action="store_true", help=f"without TLS, {plain}")


def chosen(
    args: argparse.Namespace, name: str
) -> tuple[ListenAddress, Certificate | None, bool] | None:
    """What an Entrance is made of; None where there is to be none. Raises ConfigError."""
    given: dict[str, Any] = vars(args)
    place, chain = given[name], given[f"{name}_certificate"]
    key, plain = given[f"{name}_key"], given[f"{name}_plain"]
    if key is not None and chain is None:
        raise ConfigError(f"--{name}-key: give --{name}-certificate, too")
    if place is None:
        if chain is not None or plain:
            raise ConfigError(f"give --{name} HOST:PORT, too: where it is to be")
        return None
    from tools.basecamp.certificate import Certificate
    from tools.basecamp.listening import ListenAddress

    certificate = None if chain is None else Certificate(chain, key)
    return ListenAddress.parse(place), certificate, plain
