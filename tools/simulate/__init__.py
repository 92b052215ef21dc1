"""A fleet of stations on a modelled radio channel, with the real scheduler, codecs and ledgers."""
