"""Uploads on their way: one file each, whose size is how far it has come.

    uploads/STATION/DIGEST.LENGTH.part      what has arrived
    uploads/STATION/DIGEST.LENGTH.done      stored; holds the signed acknowledgement
    uploads/STATION/DIGEST.LENGTH.making    the same before it is whole

Nothing else is kept, so nothing can disagree after a power cut.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.uplink.cellular.authorization import UploadClaim
from tools.basecamp.errors import StoreError

KEPT_S = 60 * 86400.0
"""What nobody went on with for so long is removed; a station finds its place again for two months
of snow on its panel."""
SWEEP_EVERY_S = 86400.0
MOST_OPEN = 128
"""Uploads under way of one station: it makes one at a time, and gives few up."""


@dataclass(frozen=True, slots=True)
class PartialUpload:
    """One upload: where it lies, how long it will be, how much is there."""

    claim: UploadClaim
    length: int
    part: Path

    @property
    def offset(self) -> int:
        """Bytes that have arrived, durable or not; ``length`` once it is done."""
        if self.done.exists():
            return self.length
        return self.part.stat().st_size if self.part.exists() else 0

    @property
    def done(self) -> Path:
        return self.part.with_suffix(".done")

    @property
    def acknowledgement(self) -> bytes | None:
        """The signed acknowledgement of what was stored; None before that."""
        return self.done.read_bytes() if self.done.exists() else None


class PartialUploads:
    """All uploads under way, in one folder. Errors of the disk are StoreErrors."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._swept_s = -math.inf

    def find(self, claim: UploadClaim) -> PartialUpload | None:
        """The upload with this claim."""
        for path in sorted(self._of(claim.station).glob(f"{claim.digest}.*")):
            length = path.name.split(".")[1]
            if path.suffix in (".part", ".done") and length.isdigit():
                return PartialUpload(claim, int(length), path.with_suffix(".part"))
        return None

    def begin(self, claim: UploadClaim, length: int) -> PartialUpload:
        """A new upload, durable; once a day what nobody goes on with makes room for it. Raises
        StoreError."""
        if self._clock() - self._swept_s > SWEEP_EVERY_S:
            self.sweep()
        folder = self._of(claim.station)
        upload = PartialUpload(claim, length, folder / f"{claim.digest}.{length}.part")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sum(1 for _ in folder.glob("*.part")) >= MOST_OPEN:
                raise StoreError(f"{claim.station}: {MOST_OPEN} uploads are under way already")
            upload.part.touch(mode=0o600)
            _sync(folder)
        except OSError as error:
            raise _explained(upload.part, error) from error
        return upload

    def check(self, upload: PartialUpload) -> bytes | None:
        """All of the upload, once it is there and has its digest; what has not is removed."""
        data = upload.part.read_bytes()
        if hashlib.sha256(data).hexdigest() == upload.claim.digest:
            return data
        self.drop(upload)
        return None

    def finish(self, upload: PartialUpload, acknowledgement: bytes) -> None:
        """It is stored elsewhere: keep only that. Raises StoreError."""
        # Whole or not at all: half of it would be told in its place for KEPT_S.
        making = upload.done.with_suffix(".making")
        try:
            making.write_bytes(acknowledgement)
            _sync(making)
            making.rename(upload.done)
            _sync(upload.done.parent)
        except OSError as error:
            making.unlink(missing_ok=True)
            raise _explained(upload.done, error) from error
        upload.part.unlink(missing_ok=True)

    def drop(self, upload: PartialUpload) -> None:
        upload.part.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what is older than KEPT_S; how many."""
        self._swept_s = self._clock()
        old = [path for path in self._folder.glob("*/*.*") if self._age_s(path) > KEPT_S]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _age_s(self, path: Path) -> float:
        try:
            return self._clock() - path.stat().st_mtime
        except FileNotFoundError:
            return 0.0  # finished meanwhile

    def _of(self, station: str) -> Path:
        return self._folder / station


class Appending:
    """An upload's file while a request adds to it; what was added is durable once it is closed."""

    def __init__(self, upload: PartialUpload, algorithm: str | None = None) -> None:
        """``algorithm`` is hashlib's name of the checksum to make. Raises StoreError."""
        self._path = upload.part
        self._began = upload.offset
        self._left = upload.length - self._began
        self._checksum = hashlib.new(algorithm) if algorithm is not None else None
        try:
            self._file = upload.part.open("ab")
        except OSError as error:
            raise _explained(upload.part, error) from error

    def write(self, piece: bytes) -> bool:
        """Add ``piece``; False where that is more than the upload's length. Raises StoreError."""
        if len(piece) > self._left:
            return False
        try:
            self._file.write(piece)
        except OSError as error:
            raise _explained(self._path, error) from error
        self._left -= len(piece)
        if self._checksum is not None:
            self._checksum.update(piece)
        return True

    def has_checksum(self, expected: bytes) -> bool:
        """Whether that is the checksum of what was written."""
        return self._checksum is None or hmac.compare_digest(self._checksum.digest(), expected)

    def close(self, *, keep: bool) -> None:
        """Durable, or with ``keep`` False as if nothing had been added. Raises StoreError."""
        try:
            with self._file:
                self._file.flush()
                if not keep:
                    self._file.truncate(self._began)
                os.fsync(self._file.fileno())
        except OSError as error:
            raise _explained(self._path, error) from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _explained(path: Path, error: OSError) -> StoreError:
    if isinstance(error, StoreError):
        return error
    return StoreError(f"{path}: cannot be written: {error.strerror or error}")
