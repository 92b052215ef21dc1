"""`irbis image provision`: add Irbis to a stock system, so that it can be taken away again."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.image import provision_live as live
from tools.image.errors import ImageError
from tools.image.programs import need
from tools.image.provision_apply import Plan, apply, told
from tools.image.provision_plan import Wanted, changes, check_files, settings_of, wanted
from tools.image.provision_receipt import Ledger
from tools.image.provision_system import System, examine, need_room
from tools.image.provision_target import grow, opened
from tools.image.venv import PREFIX, lay_out
from tools.image.wheels import build_wheel, compile_modules, install_locked, install_wheel

SOURCE = Path(__file__).parents[2]


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=Path, help="/, a mounted system's folder, or an image file")
    parser.add_argument("--config", type=Path, help="the station's configuration to put there")
    parser.add_argument(
        "--add", type=Path, action="append", default=[], metavar="FILE",
        help="a file that the configuration names, such as its key; may be repeated",
    )  # fmt: skip
    parser.add_argument("--wheels", type=Path, help="a folder with all wheels: no network needed")
    parser.add_argument("--wheel", type=Path, help="the wheel of Irbis itself, ready made")
    parser.add_argument(
        "--grow", type=int, metavar="MB", help="make an image this much larger first"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")


def execute(args: argparse.Namespace) -> int:
    """Examine, list or apply, start."""
    need("systemd-sysusers")
    _check_source(args)
    settings = settings_of(args.config, args.add)
    if args.grow and not args.dry_run:
        _grow(args.target, args.grow)
    with opened(args.target) as root:
        system = examine(root)
        print(f"{system.name}, {system.interpreter.machine}, {system.interpreter.name}", flush=True)
        check_files(root, args.config, settings)
        things = wanted(SOURCE / "systemd", system.systemd, settings)
        if args.dry_run:
            return _list(root, args.target, things)
        if Ledger(root).load() is None:
            need_room(root)
        with _environment(args, system) as lay:
            for line in apply(root, Plan(things, lay)):
                print(line, flush=True)
        started = live.start() if live.is_live(root) else False
    print(_farewell(args.target, started, bool(settings)))
    return 0


def _check_source(args: argparse.Namespace) -> None:
    if not (SOURCE / "systemd").is_dir():
        raise ImageError("provision works from a checkout of Irbis: its units are not here")
    for file in [args.config, args.wheel, *args.add]:
        if file is not None and not file.is_file():
            raise ImageError(f"{file} is not there")


def _grow(target: Path, more_mb: int) -> None:
    if not target.is_file():
        raise ImageError(f"{target} is no image file; --grow is for those")
    grow(target, more_mb)
    print(f"{target} is {more_mb} MB larger", flush=True)


def _list(root: Path, target: Path, things: list[Wanted]) -> int:
    print(f"would install {PREFIX}, the user irbis, and:")
    for line in told(changes(root, things, Ledger(root).load())):
        print(f"  {line}")
    print(f"nothing was changed in {target}")
    return 0


@contextlib.contextmanager
def _environment(args: argparse.Namespace, system: System) -> Iterator[Callable[[Path], None]]:
    """A function that fills the environment's folder; the wheel is built before anything else."""
    with tempfile.TemporaryDirectory(prefix="irbis-provision-") as scratch:
        wheel = args.wheel or build_wheel(SOURCE, Path(scratch))

        def fill(folder: Path) -> None:
            of = system.interpreter
            packages = lay_out(folder, of, system.own_camera_packages)
            install_locked(SOURCE / "requirements" / "image.lock", of, packages, args.wheels)
            install_wheel(wheel, of, packages)
            compile_modules(packages, f"{PREFIX}/{packages.relative_to(folder)}", of)

        yield fill


def _farewell(target: Path, started: bool, configured: bool) -> str:
    if started:
        return "the station starts; look at it with: systemctl status irbis"
    if configured:
        return "the station arms at the next boot"
    return (
        "no configuration yet: irbis image provision "
        f"{target} --config station.toml --add station.key"
    )
