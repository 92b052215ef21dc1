"""The page shows what came, as text, and serves nothing but it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.security.keys import BasecampKey
from edge.uplink.broker import BrokerAddress
from edge.wire.message import Message, encode_message
from tools.basecamp.content import read_body
from tools.basecamp.listening import ListenAddress
from tools.basecamp.service import Basecamp

from . import samples

Put = Callable[..., None]
"""Stores messages as if they had come from the broker."""

ATTACK = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\"'"


class Answer:
    """A response, read."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        self.text = self.body.decode("utf-8", "replace")


class Browser:
    """Asks for paths exactly as given, which URL libraries would tidy up."""

    def __init__(self, url: str) -> None:
        self.netloc = urlsplit(url).netloc

    def get(self, path: str, host: str | None = None) -> Answer:
        connection = http.client.HTTPConnection(self.netloc, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": host or self.netloc})
            return Answer(connection.getresponse())
        finally:
            connection.close()


@pytest.fixture
def offline(data: Path) -> Iterator[Basecamp]:
    """A basecamp whose broker is away: the page must be there all the same."""
    with Basecamp(data, BrokerAddress("127.0.0.1", 1), listen=ListenAddress(port=0)) as basecamp:
        yield basecamp


@pytest.fixture
def browser(offline: Basecamp) -> Browser:
    return Browser(offline.url)


@pytest.fixture
def put(offline: Basecamp, basecamp_key: BasecampKey) -> Put:
    def put(*messages: Message) -> None:
        for message in messages:
            body = encode_message(message)
            offline.store.put(read_body(body, message.station, basecamp_key.unseal, len(body)))

    return put


def test_an_empty_basecamp_says_so(browser: Browser) -> None:
    page = browser.get("/")
    assert page.status == 200
    assert "Nothing has come in yet" in page.text
    assert "Not receiving" in page.text


def test_a_sighting_is_shown_with_its_pictures(browser: Browser, put: Put) -> None:
    first, second = samples.crop(10), samples.crop(20)
    put(
        samples.sighting_message(samples.sighting(1, first, second)),
        samples.crop_message(1, first),
        samples.heartbeat_message(alarms=("the card is nearly full",)),
    )
    page = browser.get("/live").text
    assert "Panthera uncia" in page
    assert "2025-11-02 12:01:00 UTC" in page
    assert 'alt="left flank, frame 1, station ridge-2, 2025-11-02 12:01:00 UTC"' in page
    assert "1 picture on the way" in page
    assert "the card is nearly full" in page
    (shown,) = json.loads(browser.get("/api/sightings.json").text)
    (picture,) = shown["pictures"]
    served = browser.get(picture["url"])
    assert served.body == first.data
    assert served.headers["Content-Type"] == "image/webp"
    assert len(shown["awaited_pictures"]) == 1


def test_stations_are_told_as_json(browser: Browser, put: Put) -> None:
    put(samples.heartbeat_message())
    (station,) = json.loads(browser.get("/api/stations.json").text)
    assert station["station"] == "ridge-2"
    assert station["heartbeat"]["counters"]["target"] == 3
    assert station["heartbeat"]["temperature_c"] == -11.5


def test_words_of_a_station_are_never_markup(browser: Browser, put: Put) -> None:
    put(
        samples.sighting_message(
            samples.sighting(1, reason=ATTACK, species=((ATTACK, 0.5),), doubts=(ATTACK,))
        ),
        samples.heartbeat_message(alarms=(ATTACK,), software=ATTACK, counters=((ATTACK, 1),)),
        replace(samples.heartbeat_message(2, station=ATTACK), station="ridge-2"),
    )
    page = browser.get("/").text
    assert "&lt;script&gt;document.title" in page
    assert "<script>document" not in page
    assert "<img src=x" not in page


def test_a_frame_that_is_no_picture_is_only_offered_as_a_download(
    browser: Browser, put: Put, basecamp_key: BasecampKey
) -> None:
    burst = samples.burst(1, b"<html><script>alert(1)</script>")
    put(samples.evidence_message(burst, basecamp_key))
    page = browser.get("/live").text
    sha256 = page.partition('href="/media/')[2].partition('"')[0]
    served = browser.get(f"/media/{sha256}")
    assert served.status == 200
    assert served.headers["Content-Type"] == "application/octet-stream"
    assert served.headers["Content-Disposition"] == "attachment"
    assert served.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/media/../basecamp.key",
        "/media/..%2f..%2fbasecamp.key",
        "/media/%2e%2e/basecamp.key",
        "/media/" + "0" * 64,
        "/media/" + "0" * 64 + "%00",
        "/media/" + "A" * 64,
        "/media/",
        "/static/../command.py",
        "/static/..%2fcommand.py",
        "/static//etc/passwd",
        "/basecamp.key",
    ],
)
def test_no_path_leads_out_of_what_is_served(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 404


@pytest.mark.parametrize("path", ["/", "/live", "/api/sightings.json", "/media/x", "/static/x"])
def test_every_answer_carries_the_strict_headers(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil", ""])
def test_on_loopback_a_foreign_host_name_is_not_served(browser: Browser, host: str) -> None:
    assert browser.get("/api/sightings.json", host=host or " ").status in (400, 421)
    assert browser.get("/api/sightings.json", host="localhost:8400").status == 200


@pytest.mark.parametrize("limit", ["0", "x", "-1", "1001", "0000000011001", "9" * 5000, "%D9%A1"])
def test_a_limit_that_is_none_is_refused(browser: Browser, limit: str) -> None:
    assert browser.get(f"/api/sightings.json?limit={limit}").status == 400


def test_health_is_bad_while_nothing_can_come_in(browser: Browser) -> None:
    assert browser.get("/healthz").status == 503


def test_health_is_good_while_messages_can_come_in(basecamp: Basecamp) -> None:
    assert Browser(basecamp.url).get("/healthz").status == 200


def test_a_real_browser_shows_the_page_and_runs_nothing_foreign(
    offline: Basecamp, put: Put, tmp_path: Path
) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed")
    crop = samples.crop()
    put(
        samples.sighting_message(samples.sighting(1, crop, reason=ATTACK)),
        samples.crop_message(1, crop),
    )
    shown = dump_dom(chromium, offline.url, tmp_path / "profile")
    assert "<title>Irbis basecamp</title>" in shown
    assert "Panthera uncia" in shown
    assert 'role="status" hidden' in shown


def dump_dom(chromium: str, url: str, profile: Path) -> str:
    """The page as chromium holds it after its scripts ran."""
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
        " --disable-background-networking --disable-component-update --virtual-time-budget=9000"
    )
    command = [chromium, *flags.split(), f"--user-data-dir={profile}", "--dump-dom", url]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=120)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return output.decode()
