"""The `irbis` command: one module a subcommand, and the receiving end in basecamp."""
