"""`irbis run`, whose effort is marked every second: a test cannot wait for five minutes."""

from __future__ import annotations

import sys

from edge.health import effort_log
from tools.cli import main

if __name__ == "__main__":
    effort_log.MARK_S = 1
    sys.exit(main(["run", "--config", sys.argv[1]]))
