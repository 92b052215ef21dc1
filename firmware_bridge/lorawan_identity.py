"""Who a LoRaWAN end device is: the three values that its network knows it by."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identity:
    """Over-the-air activation: DevEUI and JoinEUI (also AppEUI) of 8 bytes, AppKey of 16.

    Raises ValueError for another length. The key shows in no ``repr``.
    """

    dev_eui: bytes
    join_eui: bytes
    app_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for name, value, size in (
            ("DevEUI", self.dev_eui, 8),
            ("JoinEUI", self.join_eui, 8),
            ("AppKey", self.app_key, 16),
        ):
            if len(value) != size:
                raise ValueError(f"{name}: {len(value)} bytes, but it has {size}")

    @classmethod
    def from_hex(cls, dev_eui: str, join_eui: str, app_key: str) -> Identity:
        """From hexadecimal, as networks print it; colons and spaces are skipped."""
        return cls(*(bytes.fromhex(text.replace(":", "")) for text in (dev_eui, join_eui, app_key)))
