"""Where a broker is and how to get in, as the configuration tells it."""

from __future__ import annotations

import ssl

import pytest

from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.errors import LinkError


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://camp", BrokerAddress("camp", 1883)),
        ("mqtts://camp", BrokerAddress("camp", 8883, tls=True)),
        ("mqtt://camp:99", BrokerAddress("camp", 99)),
        ("mqtts://[::1]:99", BrokerAddress("::1", 99, tls=True)),
        ("mqtt://10.0.0.1/", BrokerAddress("10.0.0.1", 1883)),
    ],
)
def test_an_address_says_host_port_and_tls(url, address):
    assert BrokerAddress.parse(url) == address
    assert BrokerAddress.parse(str(address)) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "camp",
        "camp:1883",
        "http://camp",
        "mqtt://",
        "mqtt://:1883",
        "mqtt://camp:99999",
        "mqtt://camp:x",
        "mqtt://camp/topic",
        "mqtt://[camp",
    ],
)
def test_what_is_no_address_is_refused_with_the_form_of_one(url):
    with pytest.raises(LinkError, match="must look like mqtt://host:1883"):
        BrokerAddress.parse(url)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(LinkError, match="password file") as refusal:
        BrokerAddress.parse("mqtt://user:s3cret@broker")
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "password"),
    [(b"secret\n", "secret"), (b"secret\r\n", "secret"), (b" two words ", " two words ")],
)
def test_the_password_is_the_first_line_of_its_file(content, password, tmp_path):
    path = tmp_path / "password"
    path.write_bytes(content)
    assert Credentials("station", path).password() == password


def test_a_mended_password_is_taken_up(tmp_path):
    path = tmp_path / "password"
    path.write_text("wrong\n")
    credentials = Credentials("station", path)
    assert credentials.password() == "wrong"
    path.write_text("right\n")
    assert credentials.password() == "right"


@pytest.mark.parametrize("content", [None, b"\xff"], ids=["missing", "not text"])
def test_a_password_that_cannot_be_read_is_named_by_its_file(content, tmp_path):
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LinkError, match="password: the password cannot be read"):
        Credentials("station", path).password()


def test_certificate_and_name_of_the_broker_are_checked():
    context = Credentials().tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_ca_file_that_is_none_is_named(content, tmp_path):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LinkError, match=r"ca\.pem: cannot be used as a CA file"):
        Credentials(ca_file=path).tls_context()
