"""What a LoRaWAN modem takes of the battery for one uplink."""

from __future__ import annotations

TRANSMIT_W = 0.38
"""While it is on the air: 3.3 V and 115 mA, a RAK3172 with RUI3 at 20 dBm, as a user measured it
(forum.rakwireless.com, topic 7754). At 14 dBm it takes less; boards differ."""
WINDOWS_J = 0.05
"""Both receive windows of class A where nothing comes. An assumption: some 15 mA at 3.3 V while the
radio listens, for as long as it looks for a preamble at the slowest data rate, and the waking."""
