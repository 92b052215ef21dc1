"""Both ends of a radio make the same keys of what they have, and nobody else does."""

from __future__ import annotations

import pytest
from nacl.public import PublicKey
from nacl.signing import VerifyKey

from edge.security.errors import KeyFileError
from edge.security.keys import BasecampKey, BasecampToken, StationKey, StationToken
from edge.security.radio_key import KEY_BYTES, RadioKeys

BASECAMP = BasecampKey.generate()
STATION = StationKey.generate()


def test_station_and_basecamp_agree_without_a_word() -> None:
    here = RadioKeys.of_station("ridge-2", STATION, BASECAMP.token)
    there = RadioKeys.of_basecamp("ridge-2", STATION.token, BASECAMP)
    assert [here.key(key_id) for key_id in range(64)] == [there.key(key_id) for key_id in range(64)]
    assert len(here.key(0)) == KEY_BYTES
    assert here.fingerprint == there.fingerprint


def test_another_name_station_or_basecamp_has_other_keys() -> None:
    keys = [
        RadioKeys.of_station("ridge-2", STATION, BASECAMP.token),
        RadioKeys.of_station("ridge-3", STATION, BASECAMP.token),
        RadioKeys.of_station("ridge-2", StationKey.generate(), BASECAMP.token),
        RadioKeys.of_station("ridge-2", STATION, BasecampKey.generate().token),
    ]
    assert len({one.key(0) for one in keys}) == 4
    assert len({one.fingerprint for one in keys}) == 4


def test_a_public_key_on_which_nobody_can_agree_is_refused() -> None:
    token = BasecampToken(PublicKey(bytes(32)), BASECAMP.token.verify)
    with pytest.raises(KeyFileError, match="ridge-2: no radio key can be made"):
        RadioKeys.of_station("ridge-2", STATION, token)
    with pytest.raises(KeyFileError, match="ridge-2: its public key is no key"):
        RadioKeys.of_basecamp("ridge-2", StationToken(VerifyKey(bytes(32))), BASECAMP)


def test_a_key_is_not_shown() -> None:
    keys = RadioKeys.of_station("ridge-2", STATION, BASECAMP.token)
    assert repr(keys) == "RadioKeys(station='ridge-2')"
