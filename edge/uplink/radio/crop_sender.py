"""What of the wanted crops a station sends next over radio."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Protocol

from edge.uplink.radio.crop_sender_state import SendingState, Task, decode_state, encode_state
from edge.wire.air.fragments import (
    HEAD_BYTES,
    NAME_BYTES,
    POSITIONS,
    SYMBOL_BYTES,
    CropName,
    Fragment,
    NotHere,
    encode_fragment,
    first_symbol,
    room_for_symbols,
)
from edge.wire.air.fragments_code import SymbolSource
from edge.wire.air.fragments_crop import (
    LARGEST_CONTENT_BYTES,
    CropTooLarge,
    packed,
    source_symbols,
)
from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.want import ALL, Want, Wanted

_NOT_HERE_BYTES = HEAD_BYTES + NAME_BYTES


class Crops(Protocol):
    """The crops that are on the card."""

    def content(self, name: CropName) -> bytes | None:
        """The crop as edge.wire.air.fragments_crop.seal_crop made it; None where it is not here."""


class Memory(Protocol):
    """Where a few bytes outlive a power cut; edge.spool.keepsake is one."""

    def load(self) -> bytes | None:
        """What was saved last."""

    def save(self, state: bytes) -> None:
        """Durable when it returns."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The crop that is sent next. ``want`` is the number of the want that asked for it;
    ``record_bytes`` what is still to be sent of it, in fragments as long as the packets."""

    name: CropName
    want: int
    record_bytes: int


class CropSender:
    """Answers basecamp's wants, fragment by fragment, for weeks and over reboots.

    It speaks only when asked: a crop gets as many symbols as the last want named, then waits for
    the next one. How far each crop is, is saved before a fragment is given out: after a power cut
    no symbol is sent twice, and one that was never sent is as good as one that was lost. Safe to
    share between threads: a want may come by another link than the crops go.
    """

    def __init__(self, crops: Crops, memory: Memory) -> None:
        self._crops = crops
        self._memory = memory
        self._lock = threading.Lock()
        self._state = decode_state(memory.load())
        self._source: tuple[CropName, SymbolSource] | None = None
        self._length: tuple[CropName, int] | None = None

    def hear(self, want: Want, number: int) -> None:
        """Basecamp's want, from the frame with this counter; an older one changes nothing."""
        with self._lock:
            if number > self._state.number:
                self._save(SendingState(number, tuple(map(self._resumed, want.crops))))

    def asked(self) -> tuple[Task, ...]:
        """The crops of which symbols are still to be sent, most wanted first."""
        return tuple(task for task in self._state.tasks if task.symbols != 0)

    def next_fragment(self, payload_bytes: int) -> bytes | None:
        """The next record for a packet of ``payload_bytes``, at most 12 bytes less than that.

        None where nothing is asked, or it does not fit. Raises what the memory raises; the fragment
        is then given out another time.
        """
        with self._lock:
            made = self._make(payload_bytes)
            if made is None:
                return None
            fragment, state = made
            self._save(state)
        return encode_fragment(fragment)

    def next_payload_bytes(self, payload_bytes: int) -> int | None:
        """What `next_fragment` would take of a packet of ``payload_bytes``, sealed."""
        with self._lock:
            made = self._make(payload_bytes)
        return None if made is None else OVERHEAD_BYTES + len(encode_fragment(made[0]))

    def next_asked(self, payload_bytes: int) -> Asked | None:
        """Of which crop `next_fragment` would send, and how much of that is left, for packets of
        ``payload_bytes``; None where there is nothing to send, or no symbol fits."""
        with self._lock:
            room = room_for_symbols(payload_bytes)
            if not room or not (asked := self.asked()):
                return None
            task = asked[0]
            whole = self._symbols_of(task.name)
            left = whole if task.symbols is None else task.symbols
            # A crop that is not here is answered by its name alone.
            size = left * SYMBOL_BYTES + -(-left // room) * HEAD_BYTES
            return Asked(task.name, self._state.number, size if whole else _NOT_HERE_BYTES)

    def _make(self, payload_bytes: int) -> tuple[Fragment | NotHere, SendingState] | None:
        """The next fragment, and what is to be remembered before it is given out."""
        asked = self.asked()
        if not asked:
            return None
        task, room = asked[0], room_for_symbols(payload_bytes)
        source = self._source_of(task.name)
        if source is None:
            fits = payload_bytes >= OVERHEAD_BYTES + _NOT_HERE_BYTES
            return (NotHere(task.slot, task.name), self._state.without(task)) if fits else None
        if not room:
            return None
        left = source.source_symbols if task.symbols is None else task.symbols
        symbols = source.symbols(first_symbol(task.position), min(room, left))
        later = (task.position + 1) % POSITIONS
        sent = replace(task, position=later, symbols=left - len(symbols))
        fragment = Fragment(task.slot, task.position, source.source_symbols, symbols)
        return fragment, self._state.with_task(sent)

    def _resumed(self, wanted: Wanted) -> Task:
        symbols = None if wanted.symbols == ALL else wanted.symbols
        known = self._state.task(wanted.slot, wanted.name)
        # Fragments may be under way that basecamp has not seen.
        position = wanted.position if known is None else known.position
        return Task(wanted.slot, wanted.name, position, symbols)

    def _symbols_of(self, name: CropName) -> int:
        """How many symbols the crop has, 0 where it is not here. Remembered for the one that is
        under way: this is asked all the time."""
        if self._length is None or self._length[0] != name:
            size = len(self._crops.content(name) or b"")
            is_here = 0 < size <= LARGEST_CONTENT_BYTES
            self._length = name, source_symbols(size) if is_here else 0
        return self._length[1]

    def _source_of(self, name: CropName) -> SymbolSource | None:
        if self._source is None or self._source[0] != name:
            content = self._crops.content(name)
            if content is None:
                return None
            try:
                self._source = name, SymbolSource(packed(content, name))
            except CropTooLarge:
                return None
        return self._source[1]

    def _save(self, state: SendingState) -> None:
        self._memory.save(encode_state(state))
        self._state = state
