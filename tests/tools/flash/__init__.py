"""What `irbis flash`, `irbis image stamp` and their paper promise."""
