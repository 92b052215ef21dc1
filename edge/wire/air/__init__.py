"""What a station says in the few bytes of a LoRaWAN packet, and what basecamp answers.

Records of at most 39 bytes (`sighting`, `heartbeat`, `acknowledgement`) travel in sealed frames of
at most 51 (`frame`, `channel`); where only 11 bytes fit, a `beacon` says that there is news.
Specified in docs/wire-format.md, section Radio, with public test vectors.
"""
