"""The clock by which a month is minutes: all that waits in Python, waits by it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.soak.clock import environment

ROOT = Path(__file__).parents[2]
BEGINS = datetime(2031, 2, 1, tzinfo=UTC)
WAITS = """
import json, queue, select, socket, threading, time
from contextlib import suppress
from datetime import UTC, datetime
from tests.soak.clock import jump

assert 0 <= (datetime.now(UTC) - datetime(2031, 2, 1, tzinfo=UTC)).total_seconds() < 3600
one, other = socket.socketpair()

def get():
    with suppress(queue.Empty):
        queue.SimpleQueue().get(timeout=5000)

waits = [
    lambda: time.sleep(5000),
    lambda: threading.Event().wait(5000),
    get,
    lambda: select.select([one], [], [], 5000),
]
clocks = [time.CLOCK_MONOTONIC, time.CLOCK_REALTIME, time.CLOCK_BOOTTIME]

def measured(wait):
    before = [time.clock_gettime(clock) for clock in clocks]
    begun.release()
    wait()
    waited = [time.clock_gettime(clock) - at for clock, at in zip(clocks, before)]
    measures.append(list(map(round, waited)))

measures, begun = [], threading.Semaphore(0)
threads = [threading.Thread(target=measured, args=(wait,)) for wait in waits]
for thread in threads:
    thread.start()
for _ in threads:  # a jump between two of its readings would set the clocks apart
    begun.acquire()
time.sleep(3)
jump(4000)
assert all(thread.is_alive() for thread in threads), "a jump is no more than it says"
jump(4000)
for thread in threads:
    thread.join()
print(json.dumps(measures))
"""


def test_all_that_waits_waits_by_a_clock_that_runs_faster_and_jumps(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WAITS],
        env=environment(tmp_path, BEGINS, 20),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    waits = json.loads(run.stdout)
    assert len(waits) == 4
    for waited in waits:
        assert all(seconds >= 5000 for seconds in waited)
        assert max(waited) - min(waited) < 100, "the clocks agree"
