"""How the station is: vitals, battery and sun, clock, controller, and the heartbeat that tells."""
