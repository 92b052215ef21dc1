"""How a radio record names its burst in 4 bytes, and when it tells of the same one as another.

The id of a burst has 16 bytes: too many for a packet. Basecamp stores a sighting once per station
and burst whichever way it came: a radio record finds the full record, or the full record the radio
record, by this reference and the time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from edge.wire.air.moment import Moment, moment_code

REFERENCE_BYTES = 4


def reference_of(burst_id: str) -> bytes:
    """BLAKE2b-32 of the id's 16 bytes."""
    return hashlib.blake2b(
        bytes.fromhex(burst_id), digest_size=REFERENCE_BYTES, person=b"irbis burst 1"
    ).digest()


def is_of_burst(reference: bytes, moment: Moment, burst_id: str, captured_at: datetime) -> bool:
    """Whether a radio record tells of this burst, both of one station.

    The times must be the same where the record tells one; where it counts from a switching-on, the
    reference alone decides: of 1000 such sightings two share one with a chance of 1 to 8600.
    """
    if reference != reference_of(burst_id):
        return False
    return not isinstance(moment, datetime) or moment_code(moment) == moment_code(captured_at)
