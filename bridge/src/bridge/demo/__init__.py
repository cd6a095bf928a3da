"""`bridge demo`: everything on one machine, and a conversation that shows what it is for."""
