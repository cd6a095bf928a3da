"""The HTTP edge: what Jira's nodes, browsers and administrators reach."""
