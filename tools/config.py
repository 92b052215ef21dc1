"""`irbis config`: write a station's configuration, or check one."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.config import load_config
from edge.errors import ConfigError
from edge.station import load_identity

_TEMPLATE = """\
# A station of Irbis. Check it with: irbis config check {path}

[station]
id = "{station}"                  # a name, never a place
key_file = "station.key"          # irbis keys station --out station.key
{basecamp_line}

[capture]
camera = "folder"
path = "incoming"                 # bursts are laid down here by a camera or another program
consume = false                   # true: delete pictures once they are sealed in the spool

[triage]
targets = ["Panthera uncia", "Panthera pardus"]

[spool]
path = "spool"

[uplink]
broker = "mqtt://127.0.0.1:1883"  # mqtts://host:8883 for TLS
# username = "station"
# password_file = "broker.password"
# ca_file = "ca.pem"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="write a configuration to start from")
    new.add_argument("--out", type=Path, required=True, help="the TOML file to write")
    new.add_argument("--station", default="station-1", help="the station's id")
    new.add_argument("--basecamp", metavar="TOKEN", help="what `irbis basecamp init` printed")
    check = actions.add_parser("check", help="say whether a station could arm with a configuration")
    check.add_argument("file", type=Path)


def execute(args: argparse.Namespace) -> int:
    """Write or check; a file that is there already is never overwritten."""
    if args.action == "new":
        text = _TEMPLATE.format(
            path=args.out, station=args.station, basecamp_line=_basecamp_line(args.basecamp)
        )
        try:
            with args.out.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise ConfigError(f"{args.out}: exists already; move it away first") from None
        print(f"wrote {args.out}")
        return 0
    config = load_config(args.file)
    load_identity(config)
    print(f"{args.file}: station {config.station.id} can arm")
    return 0


def _basecamp_line(token: str | None) -> str:
    if token is None:
        return '# basecamp = "irbis-basecamp-1:..."  # the token that `irbis basecamp init` prints'
    return f'basecamp = "{token}"'
