"""Links of a test's own: they carry nothing, and ask for nothing by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.uplink.schedule.situation import Candidate, Form, LinkState


@dataclass
class Line:
    """A Carrier with the state that the test gives it."""

    name: str
    form: Form = Form.MESSAGE
    state: dict[str, object] = field(default_factory=dict)
    things: tuple[Candidate, ...] = ()

    def link(self) -> LinkState:
        return LinkState(self.name, self.form, **self.state)  # type: ignore[arg-type]

    def own(self, now_s: float) -> Sequence[Candidate]:
        return self.things
