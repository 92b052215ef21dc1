"""``irbis basecamp serve --uploads`` as its operator types it, and somebody else's client."""

from __future__ import annotations

import shutil
import signal
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest

from edge.security.keys import BasecampKey, StationKey
from edge.uplink.cellular.authorization import UploadClaim, authorization, digest_of
from tests.kit.certificates import Certificates, make_certificates

from . import samples
from .field import Broker, FieldStation
from .test_command import irbis

VERSION = "Tus-Resumable: 1.0.0"
OCTETS = "Content-Type: application/offset+octet-stream"


class Serve:
    """The program with uploads over TLS; killed on leaving, if it still runs."""

    def __init__(self, data: Path, broker: Broker, certificates: Certificates) -> None:
        words = ["serve", "--data", data, "--broker", broker.address, "--listen", "127.0.0.1:0"]
        words += ["--uploads", "127.0.0.1:0", "--uploads-certificate", certificates.certificate]
        words += ["--uploads-key", certificates.key]
        self._command = [sys.executable, "-m", "tools.cli", "basecamp", *map(str, words)]
        self.told: list[str] = []
        """The first two lines that it prints."""

    @property
    def url(self) -> str:
        return self.told[1].split()[-1]

    def at(self, place: str) -> str:
        """The URL of an upload; each start has another port."""
        return urljoin(self.url, place)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.told = [self._process.stdout.readline().strip() for _ in range(2)]
        if not all(self.told):
            pytest.fail(f"it ended: {self._process.communicate()[1]}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def stop(self) -> str:
        """Its log, once it has ended."""
        self._process.send_signal(signal.SIGTERM)
        _, log = self._process.communicate(timeout=60)
        assert self._process.returncode == 0
        return log


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path / "certificates")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]


def curl(*words: object, body: bytes = b"") -> Answer:
    command = ["curl", "-sS", "-i", *map(str, words)]
    done = subprocess.run(command, input=body, capture_output=True, timeout=60, check=True)
    lines = done.stdout.decode().partition("\r\n\r\n")[0].split("\r\n")
    headers = dict(line.partition(": ")[::2] for line in lines[1:])
    return Answer(int(lines[0].split()[1]), {name.lower(): told for name, told in headers.items()})


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_uploads_over_tls_and_goes_on_after_basecamp_was_restarted(
    data: Path,
    broker: Broker,
    station: FieldStation,
    station_key: StationKey,
    basecamp_key: BasecampKey,
    certificates: Certificates,
) -> None:
    message = samples.crop_message(1, samples.crop())
    sealed = station.seal(message)
    half = len(sealed) // 2
    claim = UploadClaim("ridge-2", digest_of(sealed))
    line = authorization(claim, station_key, basecamp_key.token)
    trusted = "--cacert", certificates.authority
    signed = *trusted, "-H", VERSION, "-H", f"Authorization: {line}"
    part = *signed, "-X", "PATCH", "-H", OCTETS, "--data-binary", "@-", "-H"
    with Serve(data, broker, certificates) as serve:
        created = curl(*signed, "-X", "POST", "-H", f"Upload-Length: {len(sealed)}", serve.url)
        assert created.status == 201
        place = created.headers["location"]
        begun = curl(*part, "Upload-Offset: 0", serve.at(place), body=sealed[:half])
        assert (begun.status, begun.headers["upload-offset"]) == (204, str(half))
        assert "Traceback" not in serve.stop()
    with Serve(data, broker, certificates) as serve:
        found = curl(*signed, "--head", serve.at(place))
        assert found.headers["upload-offset"] == str(half)
        ended = curl(*part, f"Upload-Offset: {half}", serve.at(place), body=sealed[half:])
        assert (ended.status, ended.headers["upload-offset"]) == (204, str(len(sealed)))
        assert ended.headers["irbis-acknowledgement"]
        assert station.next_acknowledged() == message.item_id
        log = serve.stop()
    assert "Traceback" not in log
    assert f"ridge-2: crop {message.item_id.hex()[:8]} ({len(sealed)} bytes) stored" in log


def test_serve_prints_the_address_for_stations_and_only_its_authority_proves_it(
    data: Path, broker: Broker, certificates: Certificates
) -> None:
    with Serve(data, broker, certificates) as serve:
        assert serve.told[0].startswith("the page is at http://127.0.0.1:")
        assert serve.told[1].startswith("uploads are taken at https://127.0.0.1:")
        untrusted = ssl.create_default_context()
        trusted = ssl.create_default_context(cafile=certificates.authority)
        with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urlopen(serve.url, context=untrusted)
        with pytest.raises(HTTPError) as answer:
            urlopen(serve.url, context=trusted)
        assert answer.value.code == 405
        answer.value.close()
        assert "renew it" in serve.stop()  # it was made for two days


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--uploads", "nowhere"], "must look like"),
        (["--uploads", "0.0.0.0:8443"], "--uploads-certificate FILE"),
        (["--uploads-plain"], "give --uploads HOST:PORT"),
        (["--uploads-key", "key.pem"], "give --uploads-certificate"),
        (
            ["--uploads", "127.0.0.1:0", "--uploads-certificate", "chain.pem"],
            "chain.pem: cannot be",
        ),
    ],
)
def test_uploads_that_cannot_be_are_told_in_one_line(
    data: Path, words: list[str], told: str
) -> None:
    done = irbis("serve", "--data", data, "--broker", "mqtt://127.0.0.1:1", *words)
    assert done.returncode == 1
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
