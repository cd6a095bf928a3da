"""How every Kafka client of ours (consumer, producer, administrator) is known to the brokers."""

import ssl
from typing import Any

from aiokafka.abc import AbstractTokenProvider
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLOAuthBearer, SASLPlaintext, SASLScram256, SASLScram512

from chassis.kafka_tokens import KafkaTokens
from chassis.settings import ServiceSettings

WITH_PASSWORD = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


def security(settings: ServiceSettings) -> BaseSecurity | None:
    """Translate the settings into FastStream's security object. Raises OSError where a certificate cannot be read."""
    mode = settings.kafka_security
    if mode == "plaintext":
        return None
    context = _context(settings) if mode.endswith("ssl") else None
    if mode == "ssl":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    if settings.kafka_sasl_mechanism == "OAUTHBEARER":
        return SASLOAuthBearer(ssl_context=context, use_ssl=context is not None)
    return WITH_PASSWORD[settings.kafka_sasl_mechanism](
        settings.kafka_username,
        settings.kafka_password.get_secret_value(),
        ssl_context=context,
        use_ssl=context is not None,
    )


def tokens(settings: ServiceSettings) -> AbstractTokenProvider | None:
    """Give what fetches tokens, where brokers want such. Raises OSError where a certificate cannot be read."""
    if not settings.kafka_security.startswith("sasl_") or settings.kafka_sasl_mechanism != "OAUTHBEARER":
        return None
    return KafkaTokens(settings)


def client_options(settings: ServiceSettings) -> dict[str, Any]:
    """Give what aiokafka's clients take as keywords. Raises OSError where a certificate cannot be read."""
    return {**parse_security(security(settings)), "sasl_oauth_token_provider": tokens(settings)}


def _context(settings: ServiceSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_cert_file:
        context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
    return context
