from __future__ import annotations

import threading
from queue import SimpleQueue

import pytest

from edge.capture.camera.errors import CameraError, CameraGone, CameraSilent
from edge.capture.camera.reader import LatestReader


class Stream:
    """Gives what a test puts in; ``asked`` counts the reads that were begun."""

    def __init__(self) -> None:
        self.coming: SimpleQueue[int | Exception] = SimpleQueue()
        self.asked = threading.Semaphore(0)

    def read(self) -> int:
        self.asked.release()
        thing = self.coming.get()
        if isinstance(thing, Exception):
            raise thing
        return thing

    def give(self, *things: int | Exception) -> None:
        """All of these are read, and the reader is back for more."""
        for thing in things:
            self.coming.put(thing)
        for _ in things:
            self.asked.acquire()


def reading(stream: Stream) -> LatestReader[int]:
    reader = LatestReader(stream.read, "test")
    reader.start()
    stream.asked.acquire()
    return reader


def end(stream: Stream, reader: LatestReader[int]) -> None:
    reader.stop()
    stream.coming.put(0)
    assert reader.join()


def test_what_is_read_is_given_once() -> None:
    stream = Stream()
    reader = reading(stream)
    stream.give(1)

    assert reader.take(60) == 1
    with pytest.raises(CameraSilent, match="test"):
        reader.take(0)
    end(stream, reader)


def test_of_what_nobody_took_only_the_newest_is_given() -> None:
    stream = Stream()
    reader = reading(stream)
    stream.give(1, 2, 3)

    assert reader.take(60) == 3
    end(stream, reader)


def test_what_is_not_there_yet_is_waited_for() -> None:
    stream = Stream()
    reader = reading(stream)
    waiter = threading.Timer(0, stream.coming.put, (5,))
    waiter.start()

    assert reader.take(60) == 5
    waiter.join()
    end(stream, reader)


@pytest.mark.parametrize("error", [CameraError("over"), ValueError("over")])
def test_the_end_of_the_stream_is_told_every_time(error: Exception) -> None:
    stream = Stream()
    reader = reading(stream)
    stream.coming.put(error)

    for _ in range(2):
        with pytest.raises(CameraGone, match="over"):
            reader.take(60)
    assert reader.join()


def test_what_came_before_the_end_is_still_given() -> None:
    stream = Stream()
    reader = reading(stream)
    stream.coming.put(7)
    stream.coming.put(CameraError("over"))
    assert reader.join()

    assert reader.take(60) == 7
    with pytest.raises(CameraGone):
        reader.take(60)
