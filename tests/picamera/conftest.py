"""What lies inside runs in another Debian, with another Python: not here."""

collect_ignore = ["inside"]
