"""`irbis replay`: the station, with a folder of pictures in place of a lens and a sensor."""
