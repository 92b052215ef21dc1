"""The crops that a station holds for its radio."""

from __future__ import annotations

from edge.spool.radio_crops import RadioCrops
from edge.spool.spool import Spool
from edge.uplink.radio.crop_sender import CropSender
from edge.wire.air.fragments import CropName


class SpooledCrops:
    """The spool's, by the names that they have on the air."""

    def __init__(self, crops: RadioCrops) -> None:
        self._crops = crops

    def content(self, name: CropName) -> bytes | None:
        """The crop, sealed to basecamp; None where it is not here, or not any more."""
        return self._crops.content(name.reference, name.picture)


def crop_sender(spool: Spool) -> CropSender:
    """What answers basecamp's wants from ``spool``, and remembers there how far it is."""
    return CropSender(SpooledCrops(spool.radio_crops), spool.keepsake("crops-asked"))
