"""The erasure code under the fragments: RaptorQ (RFC 6330), one source block, symbols of 32 bytes.

Symbols 0 to n - 1 are the bytes themselves, all others are made of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from raptorq import Decoder, Encoder

from edge.wire.air.fragments import LARGEST_SOURCE, MOST_SYMBOLS, POSITIONS, SYMBOL_BYTES

SYMBOLS = MOST_SYMBOLS * POSITIONS
_NUMBER_BYTES = 4
"""The payload id of RFC 6330, section 3.2: source block 1 B (always 0), symbol number 3 B."""


def source_symbols_of(size_bytes: int) -> int:
    """How many symbols are needed for so many bytes."""
    return -(-size_bytes // SYMBOL_BYTES)


class SymbolSource:
    """The symbols of ``data``, which is 1 to 255 whole symbols long. Raises ValueError."""

    def __init__(self, data: bytes) -> None:
        self.source_symbols = source_symbols_of(len(data))
        if len(data) % SYMBOL_BYTES or not 1 <= self.source_symbols <= LARGEST_SOURCE:
            raise ValueError(f"{len(data)} bytes are not 1 to 255 symbols of 32")
        # All 1792 at once take under 2 ms; the library knows no way to make one alone.
        encoder = Encoder.with_defaults(data, SYMBOL_BYTES)
        self._packets = encoder.get_encoded_packets(SYMBOLS - self.source_symbols)

    def symbols(self, first: int, count: int) -> tuple[bytes, ...]:
        """Symbols ``first`` to ``first + count - 1``, of 1792."""
        packets = self._packets[first : first + count]
        return tuple(packet[_NUMBER_BYTES:] for packet in packets)


def recovered(source_symbols: int, symbols: Mapping[int, bytes]) -> bytes | None:
    """The data that ``symbols`` (by number) were made of; None where they are too few.

    Symbols that were not made of the same data give other bytes, or None: verify what comes.
    """
    if len(symbols) < source_symbols:
        return None
    decoder = Decoder.with_defaults(source_symbols * SYMBOL_BYTES, SYMBOL_BYTES)
    for number, symbol in symbols.items():
        data = decoder.decode(number.to_bytes(_NUMBER_BYTES, "big") + symbol)
        if data is not None:
            return bytes(data)
    return None
