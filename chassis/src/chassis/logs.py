"""Structured logs as JSON lines, with a last step that takes out what looks like a secret."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from opentelemetry import trace

HIDDEN = "[redacted]"
SECRET_NAMES = re.compile(
    r"(?i)(token|secret|password|passwd|authorization|private|consumer_key|verifier|credential|cookie|signature|api_?key|pat\b|jwe|sealed|ciphertext)"
)
SECRET_VALUES = re.compile(
    r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]+"  # Authorization values
    r"|\boauth\s+\w+=[^\n]*"
    r"|\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}"  # JWT, JWE
    r"|\bvault:v\d+:[\w+/=]+"
    r"|\b(?:hvs|hvb|s)\.[A-Za-z0-9]{20,}"  # Vault tokens
    r"|-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)"
    r"|\b(?:oauth_\w+|code|state|access_token|refresh_token|client_secret|token)=[^&\s\"']+",
    re.DOTALL,
)
QUIET = ("aiokafka", "httpx", "httpcore", "hvac", "urllib3", "aiohttp", "faststream", "pymongo", "motor", "asyncio")


def redact(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide secrets by the name of their field and by the look of their value."""
    return {name: HIDDEN if SECRET_NAMES.search(name) else _clean(value) for name, value in entry.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return SECRET_VALUES.sub(HIDDEN, value)
    if isinstance(value, MutableMapping):
        return redact(None, "", value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value if isinstance(value, int | float | bool | None) else SECRET_VALUES.sub(HIDDEN, str(value))


def _traced(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        entry["trace_id"] = f"{context.trace_id:032x}"
    return entry


def configure(service: str, level: str) -> None:
    """Send our log and the libraries' through one chain to standard error."""

    def named(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["service"] = service
        return entry

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
        _traced,
        structlog.processors.format_exc_info,
        redact,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:  # at DEBUG they would print URLs, headers and bodies
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
