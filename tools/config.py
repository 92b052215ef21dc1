"""`irbis config`: write a station's configuration, check one, or say what there is to set."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from edge.config import STATION_ID, StationConfig, load_config
from edge.errors import ConfigError
from edge.lens import open_lens
from edge.security.keys import BasecampToken
from edge.station import load_identity
from tools.checks.network import require_login

_TEMPLATE = """\
# A station of Irbis. Check it with: irbis config check {path}

[station]
id = "{station}"                  # a name, never a place
key_file = "station.key"          # irbis keys station --out station.key
{basecamp_line}

[capture]
camera = "folder"                 # a camera and sensors of its own: docs/camera.md
path = "incoming"                 # bursts are laid down here by a camera or another program
consume = false                   # true: delete pictures once they are sealed in the spool

[triage]
targets = ["Panthera uncia", "Panthera pardus"]

[spool]
path = "spool"

[uplink]
broker = "mqtt://127.0.0.1:1883"  # mqtts://host:8883 for TLS
# username = "{station}"  # the broker's access list in docs/basecamp.md expects the station's id
# password_file = "broker.password"
# ca_file = "ca.pem"

# LoRaWAN, sessions over cellular, satellite, battery, controller: docs/station.md
"""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser(
        "new",
        help="write a configuration to start from",
        epilog="example: irbis config new --station ridge-7 --basecamp TOKEN --out station.toml",
    )
    new.add_argument("--out", type=Path, required=True, help="the TOML file to write")
    new.add_argument("--station", default="station-1", help="the station's id")
    new.add_argument("--basecamp", metavar="TOKEN", help="what `irbis basecamp init` printed")
    check = actions.add_parser(
        "check",
        help="say whether a station could arm with a configuration",
        epilog="example: irbis config check station.toml",
    )
    check.add_argument("file", type=Path)
    listed = actions.add_parser(
        "options",
        help="print every setting with its default and meaning, as TOML",
        epilog="example: irbis config options capture.burst",
    )
    listed.add_argument("section", nargs="?", default="", help="this one alone, and what is in it")


def execute(args: argparse.Namespace) -> int:
    """Write or check. Raises IrbisError for what does not fit, before anything is written."""
    if args.action == "new":
        _write(args.out, args.station, args.basecamp)
        print(f"wrote {args.out}")
    elif args.action == "options":
        print(_options(args.section))
    else:
        config = load_config(args.file)
        _require_usable(config)
        print(f"{args.file}: station {config.station.id} can arm")
    return 0


def _options(section: str) -> str:
    from tools.settings import options

    told = options(section.strip("[]"))
    if not told:
        raise ConfigError(f"there is no section {section}; all of them: irbis config options")
    return told


def _write(path: Path, station: str, token: str | None) -> None:
    """Write the template; a file that is there already is never overwritten."""
    if re.fullmatch(STATION_ID, station) is None:
        raise ConfigError(
            f"--station {station!r}: a name of letters, digits, - and _, up to 32, never a place"
        )
    text = _TEMPLATE.format(path=path, station=station, basecamp_line=_basecamp_line(token))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path}: exists already; move it away first") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _basecamp_line(token: str | None) -> str:
    if token is None:
        return '# basecamp = "irbis-basecamp-1:..."  # the token that `irbis basecamp init` prints'
    return f'basecamp = "{BasecampToken.parse(token)}"'


def _require_usable(config: StationConfig) -> None:
    """Raise IrbisError for the first thing that a station would lack with ``config``."""
    from edge.vision.eyes import open_eyes

    load_identity(config)
    open_lens(config, print).source.close()
    require_login(config.uplink)
    blindness = open_eyes(config.triage).blindness
    if blindness is not None:
        raise ConfigError(blindness)
