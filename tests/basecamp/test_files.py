"""Each content is one file: whole, in place at once, whoever puts it and however often."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest

from tools.basecamp.errors import StoreError
from tools.basecamp.files import ContentFiles

THREADS = 8


def test_threads_that_put_the_same_content_at_once_leave_it_whole(tmp_path: Path) -> None:
    files = ContentFiles(tmp_path / "media")
    contents = [os.urandom(300_000) for _ in range(6)]
    together = Barrier(THREADS)

    def put(data: bytes) -> str:
        together.wait()
        return files.put(data, ".jpg")

    with ThreadPoolExecutor(THREADS) as pool:
        for data in contents:
            (name,) = set(pool.map(put, [data] * THREADS))
            assert files.path(name, ".jpg").read_bytes() == data
    assert len(_everything(tmp_path)) == len(contents)


def test_what_could_not_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    files = ContentFiles(tmp_path / "media")
    with _largest_file(10_000):
        for _ in range(3):
            with pytest.raises(StoreError, match="cannot be written"):
                files.put(bytes(50_000), ".jpg")
    assert _everything(tmp_path) == []
    files.put(bytes(50_000), ".jpg")


def _everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@contextmanager
def _largest_file(size_bytes: int) -> Iterator[None]:
    """As a card that is full: no file of this process may grow beyond."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
