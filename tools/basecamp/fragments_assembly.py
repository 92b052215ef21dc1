"""One crop that arrives in fragments: in any order, some lost, some twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.wire.air.fragments import MOST_SYMBOLS, POSITIONS, CropName, Fragment
from edge.wire.air.fragments_code import recovered
from edge.wire.air.fragments_crop import unpacked
from edge.wire.air.want import ALL, MOST_ASKED, Wanted

SPARE_SYMBOLS = 16
"""So many more than the crop has, and it cannot be made of them: some are of another crop. Of
honest ones, two more fail once in a million (RFC 6330, section 5.1.3)."""
LARGEST_ALLOWANCE = 3
"""So many times what is missing is asked for at most, however much is lost: two of three."""


@dataclass(slots=True)
class Assembly:
    """What has come of the crop ``name``, of which the station speaks as ``slot``.

    ``worth`` orders crops, the highest first. At most 271 symbols of 32 bytes are kept.
    ``next_position`` is the one after the last fragment, ``passed`` how many the station has sent
    as far as that tells, ``heard`` how many of them arrived; ``per_fragment`` how many symbols the
    longest had.
    """

    slot: int
    name: CropName
    worth: float
    source_symbols: int = 0
    next_position: int = 0
    passed: int = 0
    heard: int = 0
    per_fragment: int = 1
    symbols: dict[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def missing(self) -> int:
        """How many symbols are needed at least; ALL while the crop's size is not known."""
        if not self.source_symbols:
            return ALL
        # One more than it has, where what is here should have been enough.
        return max(1, self.source_symbols - len(self.symbols))

    def take(self, fragment: Fragment) -> bytes | None:
        """The crop's content, verified, as soon as ``fragment`` completes it."""
        if fragment.source_symbols != self.source_symbols:
            self._begin(fragment.source_symbols)
        self._count(fragment)
        numbered = fragment.numbered()
        if numbered.keys() <= self.symbols.keys():
            return None
        self.symbols |= numbered
        return self._content()

    def wanted(self) -> Wanted:
        """What the station is to send of it, with what will be lost on the way."""
        asked = self.missing
        if asked != ALL and self.heard:
            allowance = min(self.passed / self.heard, LARGEST_ALLOWANCE)
            asked = min(round(asked * allowance), MOST_ASKED)
        return Wanted(self.slot, self.name, self.next_position, asked)

    def answered(self, told: Wanted) -> bool:
        """Whether the station has sent what ``told`` asked for, as far as what came tells."""
        asked = told.symbols if told.symbols != ALL else self.source_symbols
        sent = (self.next_position - told.position) % POSITIONS * self.per_fragment
        return bool(self.source_symbols) and sent >= asked

    def _begin(self, source_symbols: int) -> None:
        # Another size is another crop: what is here came late, for who had the slot before.
        self.source_symbols = source_symbols
        self.symbols = {}

    def _count(self, fragment: Fragment) -> None:
        ahead = (fragment.position - self.next_position) % POSITIONS
        if ahead < POSITIONS // 2:
            self.next_position = (fragment.position + 1) % POSITIONS
            self.passed += ahead + 1
            self.heard += 1
        self.per_fragment = min(max(self.per_fragment, len(fragment.symbols)), MOST_SYMBOLS)

    def _content(self) -> bytes | None:
        data = recovered(self.source_symbols, self.symbols)
        content = None if data is None else unpacked(data, self.name)
        if content is None and len(self.symbols) > self.source_symbols + SPARE_SYMBOLS:
            self.symbols = {}
        return content
