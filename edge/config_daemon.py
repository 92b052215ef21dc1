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
    speak_first_s: float = Field(default=60.0, ge=0)
    """After two starts in a row that did not last, no model is loaded for so long: first the alarms
    go out."""
    card_fails_s: float = Field(default=600.0, ge=0)
    """A card that takes no writes for so long has the machine started anew; 0: never."""
    reboot_apart_s: float = Field(default=3600.0, ge=0)
    """But not before the machine has been up for this long."""
    retry_s: float = Field(default=3600.0, gt=0)
    """In safe mode, until the first start in full is tried; doubled with each vain try, up to six
    times as long."""
