"""`irbis demo`: broker, basecamp and station on one machine, with real photographs."""
