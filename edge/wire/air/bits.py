"""Records as rows of bit fields, most significant bit first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.wire.errors import WireError


@dataclass(frozen=True, slots=True)
class Layout:
    """Named fields with their sizes in bits, in order; together they fill whole bytes.

    Each value is an unsigned integer, 0 to ``2**bits - 1``.
    """

    what: str
    fields: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        if sum(bits for _, bits in self.fields) % 8:
            raise ValueError(f"{self.what}: the fields do not fill whole bytes")

    @property
    def size_bytes(self) -> int:
        return sum(bits for _, bits in self.fields) // 8

    def pack(self, values: Mapping[str, int]) -> bytes:
        """The bytes of ``values``, one for each field. Raises ValueError for one out of range."""
        if values.keys() != {name for name, _ in self.fields}:
            raise ValueError(f"{self.what}: the values are not those of the layout")
        whole = 0
        for name, bits in self.fields:
            if not 0 <= values[name] < 1 << bits:
                raise ValueError(f"{self.what}: {name} is {values[name]}, which is not {bits} bits")
            whole = whole << bits | values[name]
        return whole.to_bytes(self.size_bytes, "big")

    def unpack(self, data: bytes) -> dict[str, int]:
        """The values in ``data``. Raises WireError for another size."""
        if len(data) != self.size_bytes:
            raise WireError(f"{self.what}: {len(data)} bytes, expected {self.size_bytes}")
        whole = int.from_bytes(data, "big")
        values = {}
        for name, bits in reversed(self.fields):
            values[name] = whole & ((1 << bits) - 1)
            whole >>= bits
        return values
