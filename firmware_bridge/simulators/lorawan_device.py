"""A LoRaWAN modem behind AT commands: what the simulated modules have in common."""

from __future__ import annotations

from firmware_bridge.lorawan_regions import Region
from firmware_bridge.simulators.at_device import AtDevice, Faults
from firmware_bridge.simulators.lorawan_air import Network
from firmware_bridge.simulators.lorawan_radio import Radio


class LorawanDevice(AtDevice):
    """A module with a radio. ``keeps_session``: its session outlives a power cut.

    A transmission draws the most current, so that is when a weak supply fails.
    """

    baud = 115_200

    def __init__(
        self,
        network: Network,
        region: Region,
        seed: int = 0,
        speed: float = 1.0,
        faults: Faults | None = None,
        keeps_session: bool = False,
    ) -> None:
        super().__init__(seed, speed, faults, self.baud)
        self.keeps_session = keeps_session
        self.transmissions = 0
        self.joins = 0
        self.radio = Radio(region, network, self.timers, self.random, self._on_transmit)

    def power_lost(self) -> None:
        """See AtDevice."""
        self.radio.busy = False
        if not self.keeps_session:
            self.radio.forget_session()
            self.radio.data_rate = self.radio.region.join_data_rate

    def _on_transmit(self) -> None:
        self.transmissions += 1
        every = self.faults.brownout_every
        if every and self.transmissions % every == 0:
            # Somewhere between the first symbol and the end of the windows.
            self.timers.after(self.random.uniform(0.0, 4.0), self.restart)
