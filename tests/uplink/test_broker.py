"""Where a broker is and how to get in, as the configuration tells it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from edge.uplink.broker import Broker, broker_at
from edge.uplink.errors import LinkError


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://camp", Broker("camp", 1883, tls=False)),
        ("mqtts://camp", Broker("camp", 8883, tls=True)),
        ("mqtt://camp:99", Broker("camp", 99, tls=False)),
        ("mqtts://[::1]:99", Broker("::1", 99, tls=True)),
        ("mqtt://10.0.0.1/", Broker("10.0.0.1", 1883, tls=False)),
    ],
)
def test_an_address_says_host_port_and_tls(url, broker):
    assert broker_at(url) == broker


@pytest.mark.parametrize("url", ["camp", "camp:1883", "http://camp", "mqtt://", "mqtt://:1883"])
def test_what_is_no_address_is_refused_with_the_form_of_one(url):
    with pytest.raises(LinkError, match=r"expected mqtt://host\[:port\]"):
        broker_at(url)


@pytest.mark.parametrize(
    ("content", "password"),
    [(b"secret\n", "secret"), (b"secret\r\n", "secret"), (b" two words ", " two words ")],
)
def test_the_password_is_the_content_of_its_file_without_the_end_of_its_line(
    content, password, tmp_path
):
    path = tmp_path / "password"
    path.write_bytes(content)
    assert broker_at("mqtt://camp", "station", path).password == password


@pytest.mark.parametrize("content", [None, b"\xff"], ids=["missing", "not text"])
def test_a_password_that_cannot_be_read_is_named_by_its_file(content, tmp_path):
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LinkError, match="password: the password cannot be read"):
        broker_at("mqtt://camp", "station", path)


def test_nothing_that_is_printed_holds_the_password():
    broker = Broker("camp", username="station", password="s3cret")
    assert "s3cret" not in f"{broker} {broker!r}"
    assert str(broker) == "mqtt://camp:1883"
    assert str(Broker("camp", 8883, tls=True)) == "mqtts://camp:8883"


class TestTls:
    def test_there_is_none_where_the_address_says_so(self):
        assert Broker("camp").tls_context() is None

    def test_certificate_and_name_of_the_broker_are_checked(self):
        context = Broker("camp", tls=True).tls_context()
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname

    @pytest.mark.parametrize("content", [None, b"", b"no certificate"])
    def test_a_ca_file_that_is_none_is_named(self, content, tmp_path):
        path = Path(tmp_path / "ca.pem")
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(LinkError, match=r"ca\.pem: cannot be used as a CA file"):
            Broker("camp", tls=True, ca_file=path).tls_context()


def test_a_port_that_is_none_is_refused_with_the_way_out() -> None:
    with pytest.raises(LinkError, match="expected mqtt://host"):
        broker_at("mqtt://camp:99999")
