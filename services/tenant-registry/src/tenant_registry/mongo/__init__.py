"""The registry's collections; nothing outside this folder knows the database's driver."""
