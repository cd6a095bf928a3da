"""key-vault: the only service that speaks to Vault."""
