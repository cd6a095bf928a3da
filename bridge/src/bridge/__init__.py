"""The command `bridge`, for those who run Bridge and those who meet it for the first time."""
