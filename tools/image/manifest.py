"""What a card is made of: ``manifest.toml``, read, checked, and resolved for one board."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import NAMESPACE_DNS, UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.image.errors import ImageError
from tools.image.wheels import Interpreter

T = TypeVar("T")
_NAMESPACE = uuid5(NAMESPACE_DNS, "irbis.image")

SHIPPED = Path(__file__).with_name("manifest.toml")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PartitionsMib(_Table):
    """Sizes in MiB. Both roots have the same."""

    boot: int = Field(ge=64)
    root: int = Field(ge=256)
    data: int = Field(ge=32)


class Common(_Table):
    """The table ``[image]``."""

    lock: Path
    irbis_uid: int = Field(ge=100, lt=1000)
    zstd_level: int = Field(ge=1, le=19)
    max_compressed_bytes: int
    packages: tuple[str, ...]
    leave_out: tuple[str, ...]
    keep: tuple[str, ...]
    remove: tuple[str, ...]
    """Patterns below the root, taken away at the end."""
    partitions_mib: PartitionsMib


class AptSource(_Table):
    """A repository of packages. ``{release}`` and ``{snapshot}`` are put in by `resolve`."""

    url: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    keyring: Path
    snapshot: str | None = None
    """Where the repository is kept as it was at a time; None: nowhere."""
    fingerprint: str | None = Field(default=None, pattern="^[0-9A-F]{40}$")
    """The one key that the keyring may hold; None: the host's own keyring package is trusted."""


class Release(_Table):
    """A Debian release: the versions of its Python, its systemd and its C library."""

    python: tuple[int, int]
    systemd: int
    glibc: tuple[int, int]


class Kernel(_Table):
    """Where a kernel comes from, and what is left out of it."""

    apt: tuple[str, ...]
    packages: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    early_modules: tuple[str, ...]
    system_site_packages: bool = False


class Board(_Table):
    """A board: its kernels, by name, with the packages each needs there; how its firmware boots."""

    kernel: str
    firmware: str = Field(pattern="^(uboot|raspberrypi)$")
    cmdline: str
    config: tuple[str, ...] = ()
    device_trees: tuple[str, ...] = ()
    device_wait_s: int = Field(default=20, ge=1)
    """How long a start waits for the boot partition, and a station with it."""
    kernels: dict[str, tuple[str, ...]]


class Manifest(_Table):
    """The whole file."""

    image: Common
    apt: dict[str, AptSource]
    release: dict[str, Release]
    kernel: dict[str, Kernel]
    board: dict[str, Board]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is built: the manifest's tables for one board, release and kernel."""

    board_name: str
    release_name: str
    kernel_name: str
    common: Common
    board: Board
    release: Release
    kernel: Kernel
    apt: tuple[AptSource, ...]

    @property
    def packages(self) -> tuple[str, ...]:
        wanted = {*self.common.packages, *self.kernel.packages}
        return tuple(sorted(wanted | set(self.board.kernels[self.kernel_name])))

    @property
    def interpreter(self) -> Interpreter:
        return Interpreter(self.release.python, "aarch64", self.release.glibc)

    @property
    def disk_id(self) -> str:
        """The signature of the card's partition table, eight hexadecimal digits."""
        return self.uuid("disk").hex[:8]

    def uuid(self, what: str) -> UUID:
        """An identifier that belongs to ``what`` on every card of this kind."""
        return uuid5(_NAMESPACE, f"{self.compatible} {what}")

    @property
    def compatible(self) -> str:
        """What an update must be made for to fit."""
        return f"irbis-{self.board_name}-{self.release_name}"


def read_manifest(path: Path = SHIPPED) -> Manifest:
    """Raises ImageError where the file is missing or does not say what it must."""
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ImageError(f"no manifest at {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImageError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ImageError(f"{path}: {where}: {first['msg']}") from error


def resolve(
    manifest: Manifest,
    board: str,
    release: str,
    kernel: str | None = None,
    snapshot: str | None = None,
) -> Recipe:
    """One card's recipe. ``snapshot`` is a time like 20260901T000000Z; a repository that keeps none
    stays as it is.

    Raises ImageError for a name that the manifest does not know, or a kernel that the board lacks.
    """
    board_table = _named(manifest.board, "board", board)
    kernel_name = kernel or board_table.kernel
    if kernel_name not in board_table.kernels:
        known = ", ".join(sorted(board_table.kernels))
        raise ImageError(f"{board} has no kernel {kernel_name!r}; it has: {known}")
    kernel_table = _named(manifest.kernel, "kernel", kernel_name)
    sources = (_named(manifest.apt, "apt", name) for name in kernel_table.apt)
    return Recipe(
        board,
        release,
        kernel_name,
        manifest.image,
        board_table,
        _named(manifest.release, "release", release),
        kernel_table,
        tuple(_placed(source, release, snapshot) for source in sources),
    )


def _named(tables: dict[str, T], kind: str, name: str) -> T:
    if name not in tables:
        known = ", ".join(sorted(tables))
        raise ImageError(f"the manifest has no {kind} {name!r}; it has: {known}")
    return tables[name]


def _placed(source: AptSource, release: str, snapshot: str | None) -> AptSource:
    url = source.url
    if snapshot is not None and source.snapshot is not None:
        url = source.snapshot.format(snapshot=snapshot)
    suites = tuple(suite.format(release=release) for suite in source.suites)
    return source.model_copy(update={"url": url, "suites": suites})
