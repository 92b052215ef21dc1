"""What a station remembers of the crops that it sends over radio, in at most 53 bytes.

``ICS`` 1, the counter of basecamp's last want (4), and for each crop: slot (1), reference (4),
picture (1), next position (1), symbols left (1: 0 to 255) and whether that number is told (1).
Big-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from edge.wire.air.fragments import CropName
from edge.wire.air.reference import REFERENCE_BYTES

_HEAD = struct.Struct(">4si")
_MAGIC = b"ICS\x01"
_TASK = struct.Struct(f">B{REFERENCE_BYTES}sBBB?")


@dataclass(frozen=True, slots=True)
class Task:
    """A crop that basecamp wants. ``symbols`` is how many are to be sent yet; None: all of it."""

    slot: int
    name: CropName
    position: int
    symbols: int | None


@dataclass(frozen=True, slots=True)
class SendingState:
    """The last want, and how far its answer is. ``number`` is the counter of its frame, -1 before
    any."""

    number: int = -1
    tasks: tuple[Task, ...] = ()

    def task(self, slot: int, name: CropName) -> Task | None:
        for task in self.tasks:
            if (task.slot, task.name) == (slot, name):
                return task
        return None

    def with_task(self, task: Task) -> SendingState:
        """``task`` in place of the one in its slot."""
        tasks = tuple(task if other.slot == task.slot else other for other in self.tasks)
        return replace(self, tasks=tasks)

    def without(self, task: Task) -> SendingState:
        return replace(self, tasks=tuple(other for other in self.tasks if other != task))


def encode_state(state: SendingState) -> bytes:
    parts = [_HEAD.pack(_MAGIC, state.number)]
    for task in state.tasks:
        left, told = task.symbols or 0, task.symbols is not None
        name = task.name
        parts.append(_TASK.pack(task.slot, name.reference, name.picture, task.position, left, told))
    return b"".join(parts)


def decode_state(data: bytes | None) -> SendingState:
    """What `encode_state` wrote; the state before any want for anything else.

    Nothing is lost with it: basecamp's next want says what is missing, and from where on.
    """
    if data is None or data[:4] != _MAGIC or (len(data) - _HEAD.size) % _TASK.size:
        return SendingState()
    _, number = _HEAD.unpack_from(data)
    return SendingState(number, tuple(map(_task, _TASK.iter_unpack(data[_HEAD.size :]))))


def _task(fields: tuple[int, bytes, int, int, int, bool]) -> Task:
    slot, reference, picture, position, left, told = fields
    return Task(slot, CropName(reference, picture), position, left if told else None)
