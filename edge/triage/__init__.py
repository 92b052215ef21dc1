"""The stage between spool and vision: committed bursts in, committed judgements out."""
