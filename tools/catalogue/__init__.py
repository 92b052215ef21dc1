"""`irbis catalogue`: make and look at a catalogue of known individuals."""
