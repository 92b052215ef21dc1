"""[daemon]: when a station counts as hung, and how it comes out of a boot loop."""

from __future__ import annotations

from pydantic import Field

from edge.config_uplink import Section


class Daemon(Section):
    """How the daemon watches over itself (docs/daemon.md). The defaults suit every board."""

    capture_silent_s: float = Field(default=600.0, gt=0)
    """A round of capture that takes longer hangs, and the process is started anew."""
    starts: int = Field(default=5, ge=1, le=100)
    """So many starts in a row may fail to last; the next one is in safe mode."""
    settled_s: float = Field(default=600.0, gt=0)
    """A run this long has lasted."""
    retry_s: float = Field(default=3600.0, gt=0)
    """In safe mode, until the first start in full is tried; doubled with each vain try, up to six
    times as long."""
