"""What a machine has and lacks: small checks, each answers with findings."""
