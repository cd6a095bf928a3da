"""The proof: faults while people work, and what Jira holds afterwards. `python -m chaos` from the repository's root."""
