"""What of the wanted crops a station sends next over radio."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from edge.uplink.radio.crop_sender_state import SendingState, Task, decode_state, encode_state
from edge.wire.air.fragments import (
    POSITIONS,
    CropName,
    Fragment,
    NotHere,
    encode_fragment,
    first_symbol,
    room_for_symbols,
)
from edge.wire.air.fragments_code import SymbolSource
from edge.wire.air.fragments_crop import CropTooLarge, packed
from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.want import ALL, Want, Wanted


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


class CropSender:
    """Answers basecamp's wants, fragment by fragment, for weeks and over reboots.

    It speaks only when asked: a crop gets as many symbols as the last want named, then waits for
    the next one. How far each crop is, is saved before a fragment is given out: after a power cut
    no symbol is sent twice, and one that was never sent is as good as one that was lost.
    """

    def __init__(self, crops: Crops, memory: Memory) -> None:
        self._crops = crops
        self._memory = memory
        self._state = decode_state(memory.load())
        self._source: tuple[CropName, SymbolSource] | None = None

    def hear(self, want: Want, number: int) -> None:
        """Basecamp's want, from the frame with this counter; an older one changes nothing."""
        if number <= self._state.number:
            return
        self._save(SendingState(number, tuple(map(self._resumed, want.crops))))

    def asked(self) -> tuple[Task, ...]:
        """The crops of which symbols are still to be sent, most wanted first."""
        return tuple(task for task in self._state.tasks if task.symbols != 0)

    def next_fragment(self, payload_bytes: int) -> bytes | None:
        """The next record for a packet of ``payload_bytes``, at most 12 bytes less than that.

        None where nothing is asked, or no symbol fits. Raises what the memory raises; the fragment
        is then given out another time.
        """
        made = self._make(payload_bytes)
        if made is None:
            return None
        fragment, state = made
        self._save(state)
        return encode_fragment(fragment)

    def next_payload_bytes(self, payload_bytes: int) -> int | None:
        """What `next_fragment` would take of a packet of ``payload_bytes``, sealed."""
        made = self._make(payload_bytes)
        return None if made is None else OVERHEAD_BYTES + len(encode_fragment(made[0]))

    def _make(self, payload_bytes: int) -> tuple[Fragment | NotHere, SendingState] | None:
        """The next fragment, and what is to be remembered before it is given out."""
        room = room_for_symbols(payload_bytes)
        if not room or not (asked := self.asked()):
            return None
        task = asked[0]
        source = self._source_of(task.name)
        if source is None:
            return NotHere(task.slot, task.name), self._state.without(task)
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
