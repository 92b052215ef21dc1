"""Keys, sealing at rest, and signed, sealed messages. Bytes in, bytes out, by libsodium."""
