"""How the station is: vitals, clock quality, and the heartbeat that tells basecamp."""
