"""Every event of Bridge: one module per owning service, and nothing here needs more than pydantic."""
