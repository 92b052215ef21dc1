"""From a network's message to a stored frame and the downlink that answers it."""

from __future__ import annotations

from tools.basecamp.broker_link import Publication
from tools.basecamp.lorawan_chirpstack import ChirpStack
from tools.basecamp.lorawan_events import EventRefused, LorawanNetwork, Uplink
from tools.basecamp.lorawan_things import TheThingsStack
from tools.basecamp.radio_answers import RadioAnswers
from tools.basecamp.radio_inbox import Heard
from tools.basecamp.reception import Reception

NETWORKS: tuple[LorawanNetwork, ...] = (ChirpStack(), TheThingsStack())


class LorawanReceiver:
    """Takes uplinks of all networks. Not for several threads."""

    def __init__(self, reception: Reception, answers: RadioAnswers) -> None:
        self._reception = reception
        self._answers = answers
        self._answered: dict[str, tuple[str, int]] = {}

    def receive(self, topic: str, data: bytes) -> Publication | None:
        """Take one message; the downlink to ask for once its content is durable, if any.

        Raises StoreError when it is genuine but could not be kept.
        """
        network = next((one for one in NETWORKS if one.hears(topic)), None)
        if network is None:
            self._reception.refuse(
                repr(topic[:80]), "its topic is no network's", "check the subscription"
            )
            return None
        try:
            uplink = network.read(topic, data)
        except EventRefused as error:
            self._reception.refuse(
                repr(topic[:80]), str(error), "check the network's MQTT integration"
            )
            return None
        if uplink is None:
            return None
        heard = self._reception.take(uplink.dev_eui, uplink.payload).heard
        if heard is None or not self._leads(uplink):
            return None
        return self._answer(network, topic, uplink, heard)

    def _leads(self, uplink: Uplink) -> bool:
        """Whether nothing waits for the device at its network, as far as can be known: what was
        asked for before this uplink left with it, unless the uplink is told of late."""
        session, counter = self._answered.get(uplink.dev_eui, ("", -1))
        return uplink.session != session or uplink.counter > counter

    def _answer(
        self, network: LorawanNetwork, topic: str, uplink: Uplink, heard: Heard
    ) -> Publication | None:
        try:
            frame = self._answers.due(heard.keys, heard.key_id, wants=True)
        except OverflowError as error:
            self._reception.refuse(heard.keys.station, "it cannot be answered by radio", str(error))
            return None
        if frame is None:
            return None
        self._answered[uplink.dev_eui] = (uplink.session, uplink.counter)
        return network.command(topic, uplink, frame)
