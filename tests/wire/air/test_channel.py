"""A station with a real spool is heard by basecamp through loss, echoes and restarts, each record
once."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.spool.counters import RadioCounters
from edge.spool.database import Database
from edge.wire.air.channel import Sealer, open_up
from edge.wire.air.frame import FrameRefused, Reason
from edge.wire.air.window import Seen
from tests.wire.air.test_frame import AT_BASECAMP, KEYS

fates = st.lists(
    st.tuples(
        st.integers(0, 3),  # copies that arrive
        st.integers(0, 40),  # how much later than its turn
        st.sampled_from(["goes on", "goes on", "restarts", "loses its database"]),
    ),
    max_size=25,
)


@settings(max_examples=25)
@given(fates=fates)
def test_each_record_that_arrives_counts_once(fates: list[tuple[int, int, str]]) -> None:
    with TemporaryDirectory() as name:
        arrivals = sent_from(Path(name), fates)
    seen, counted = Seen(), []
    for _, frame in sorted(arrivals, key=lambda arrival: arrival[0]):
        try:
            opened = open_up(frame, AT_BASECAMP, Seen.from_bytes(seen.to_bytes()))
        except FrameRefused as refused:
            assert refused.reason is Reason.REPLAYED
            continue
        seen = opened.seen
        counted.append(opened.content)
    arrived = [b"record %d" % turn for turn, fate in enumerate(fates) if fate[0]]
    assert sorted(counted) == sorted(arrived)


def sent_from(folder: Path, fates: list[tuple[int, int, str]]) -> list[tuple[int, bytes]]:
    """The moments at which frames arrive, and the frames."""
    database, arrivals = Database(folder / "spool.db"), []
    sealer = Sealer(KEYS, RadioCounters(database, folder, KEYS.fingerprint, block=4))
    for turn, (copies, late, what) in enumerate(fates):
        frame = sealer.seal(b"record %d" % turn)
        arrivals += [(turn + late * copy, frame) for copy in range(1, copies + 1)]
        if what == "goes on":
            continue
        database.close()
        for part in folder.glob("spool.db*") if what == "loses its database" else ():
            part.unlink()
        database = Database(folder / "spool.db")
        sealer = Sealer(KEYS, RadioCounters(database, folder, KEYS.fingerprint, block=4))
    database.close()
    return arrivals
