"""How long a LoRaWAN uplink is on the air.

Everything is reckoned in whole microseconds, for LoRa's symbols are: at 125, 250 and 500 kHz even
a quarter of the shortest symbol is 64 us. Milliseconds are what callers get, as floats.
"""

from __future__ import annotations

from functools import lru_cache

from edge.errors import IrbisError

LORAWAN_OVERHEAD_BYTES = 13
"""Around an application payload without FOpts: MHDR 1, DevAddr 4, FCtrl 1, FCnt 2, FPort 1, MIC 4
(LoRaWAN 1.0.4, section 4)."""

PREAMBLE_SYMBOLS = 8
"""Of every LoRaWAN region for LoRa (RP002-1.0.5)."""

BANDWIDTHS_HZ = (125_000, 250_000, 500_000)
SPREADING_FACTORS = range(7, 13)

_LONG_SYMBOL_US = 16_000
"""Longer symbols are sent with the low data rate optimisation, two bits fewer a symbol."""

_FSK_BYTES_AROUND = 5 + 3 + 1 + 2
"""Preamble, sync word, length and CRC around a GFSK payload (RP002-1.0.5, EU863-870)."""
_FSK_BIT_US = 20


class BadRadioSetting(IrbisError, ValueError):
    """A modulation that LoRaWAN uplinks do not have, or a payload that no frame holds."""


@lru_cache(maxsize=8192)
def lora_airtime_us(
    phy_bytes: int, spreading_factor: int, bandwidth_hz: int, coding_rate: int = 1
) -> int:
    """The time on air of a LoRa frame of ``phy_bytes`` (MAC header and MIC included), in us.

    With explicit header, CRC and a preamble of 8 symbols, as every LoRaWAN uplink has them;
    ``coding_rate`` 1 to 4 for 4/5 to 4/8. The formula is Semtech's (SX1276 datasheet, 4.1.1.7;
    AN1200.13). Raises BadRadioSetting.
    """
    _check(phy_bytes, spreading_factor, bandwidth_hz, coding_rate)
    symbol_us = (1_000_000 << spreading_factor) // bandwidth_hz
    fewer_bits = 2 if symbol_us > _LONG_SYMBOL_US else 0
    bits = 8 * phy_bytes - 4 * spreading_factor + 28 + 16
    blocks = -(-max(bits, 0) // (4 * (spreading_factor - fewer_bits)))
    symbols = 8 + blocks * (coding_rate + 4)
    quarters = 4 * (PREAMBLE_SYMBOLS + symbols) + 17  # 4.25 symbols close the preamble
    return quarters * symbol_us // 4


def uplink_airtime_ms(payload_bytes: int, spreading_factor: int, bandwidth_hz: int) -> float:
    """The time on air of a LoRaWAN uplink with ``payload_bytes`` of application payload, in ms.

    51 bytes at SF12 and 125 kHz are 2793.472 ms. Raises BadRadioSetting.
    """
    phy_bytes = payload_bytes + LORAWAN_OVERHEAD_BYTES
    return lora_airtime_us(phy_bytes, spreading_factor, bandwidth_hz) / 1000


def fsk_airtime_ms(payload_bytes: int) -> float:
    """The time on air of a LoRaWAN uplink in 50 kbit/s GFSK, in ms. Raises BadRadioSetting."""
    phy_bytes = payload_bytes + LORAWAN_OVERHEAD_BYTES
    _check_size(phy_bytes)
    return (phy_bytes + _FSK_BYTES_AROUND) * 8 * _FSK_BIT_US / 1000


def _check(phy_bytes: int, spreading_factor: int, bandwidth_hz: int, coding_rate: int) -> None:
    _check_size(phy_bytes)
    if spreading_factor not in SPREADING_FACTORS:
        raise BadRadioSetting(f"SF{spreading_factor} is none of SF7 to SF12")
    if bandwidth_hz not in BANDWIDTHS_HZ:
        raise BadRadioSetting(
            f"{bandwidth_hz} Hz is none of LoRaWAN's bandwidths: "
            f"{', '.join(map(str, BANDWIDTHS_HZ))}"
        )
    if coding_rate not in range(1, 5):
        raise BadRadioSetting(f"coding rate 4/{4 + coding_rate} is none of 4/5 to 4/8")


def _check_size(phy_bytes: int) -> None:
    if not 0 <= phy_bytes <= 255:
        raise BadRadioSetting(f"a frame of {phy_bytes} bytes: the radio sends 0 to 255")
