"""Runs a command and prints how much memory it took at its peak, in KiB.

A process of its own and a small one: a child's peak starts at the size of the process that forked
it, so a parent with models in memory would measure itself.
"""

from __future__ import annotations

import os
import subprocess
import sys


def main() -> int:
    """The command's exit code, or 1 when a signal ended it."""
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    print(usage.ru_maxrss)
    return max(child.returncode, 0) or int(child.returncode < 0)


if __name__ == "__main__":
    sys.exit(main())
