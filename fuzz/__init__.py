"""Feed every way in with what nobody expects: HTTP edges, parsers, the card builder, the consumers."""
