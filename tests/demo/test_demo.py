"""The demo, as a person who has just cloned the project sees it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.uplink.backoff import Backoff
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.connection import Terms
from edge.uplink.session import Session
from edge.uplink.status import LinkState
from tests.kit.ports import held_port
from tools.demo.broker import find_mosquitto, local_broker
from tools.demo.command import _page_address


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_a_broker_of_its_own_carries_messages(kind: str, tmp_path: Path) -> None:
    program = find_mosquitto() if kind == "mosquitto" else None
    if kind == "mosquitto" and program is None:
        pytest.skip("no mosquitto here")
    received: list[tuple[str, bytes]] = []
    with local_broker(tmp_path, program) as broker:
        session = Session(
            Terms(BrokerAddress.parse(broker.url), Credentials(), "reader", "demo/topic"),
            handle=lambda topic, payload: received.append((topic, payload)),
            on_status=print,
            backoff=Backoff(1.0),
        )
        deadline = time.monotonic() + 60
        while not received and time.monotonic() < deadline:
            session.drive(0.1)
            if session.status.state is LinkState.LISTENING:
                session.publish("demo/topic", b"leopard")
        session.close()
    assert received[0] == ("demo/topic", b"leopard")


def test_the_page_takes_a_free_port_only_where_none_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = held_port(monkeypatch)
    monkeypatch.setattr("tools.demo.command.PAGE", f"127.0.0.1:{port}")
    with socket.create_server(("127.0.0.1", port)):
        assert _page_address(None).port == 0
        assert _page_address(f"127.0.0.1:{port}").port == port
    assert _page_address(None).port == port


def test_the_demo_brings_leopards_to_basecamp_and_drops_blanks() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tools.cli", "demo", "--listen", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "3  LEOPARD, kept" in run.stdout
    assert "4  blank, dropped" in run.stdout
    assert "acknowledged by basecamp" in run.stdout
    assert "a jaguar stands in" in run.stdout
