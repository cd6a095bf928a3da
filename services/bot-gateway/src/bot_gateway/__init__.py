"""The bot gateway: activities of Microsoft Teams in, intents out; outcomes and notices in, cards out."""
