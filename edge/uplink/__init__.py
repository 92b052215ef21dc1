"""Links to basecamp, and the one stage that decides what is sent next."""
