"""What the registry does with events: gather, decide, act, answer."""
