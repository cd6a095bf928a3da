"""A real Apache Kafka that lets in whom it knows, and lets them do what `contracts.access` says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.protocol.admin import CreateAclsRequest
from pydantic import SecretStr
from tests.certificates import Authority

from chassis.settings import ServiceSettings
from contracts.access import PRINCIPALS, access_of
from contracts.topics import TOPICS
from devstack.engines.apache_kafka import ApacheKafka
from devstack.engines.kafka_settings import Door, Guard

SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
OAUTH = (
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
    'unsecuredLoginStringClaim_sub="broker";'
)
SESSION_MS = 3_000
"""After this long the broker ends a connection that came with a token, whatever the token's life."""
RESOURCES = {"topic": 2, "group": 3}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
ALLOW, LITERAL = 3, 3


def password_of(principal: str) -> str:
    return f"{principal}-password"


@dataclass(frozen=True)
class Guarded:
    """The broker, and how each of its doors is entered."""

    kafka: ApacheKafka
    authority: Authority

    def by_password(self, principal: str, *, tls: bool = False) -> ServiceSettings:
        return ServiceSettings(
            kafka_bootstrap=self.kafka.door("SCRAMTLS" if tls else "SCRAM"),
            kafka_security="sasl_ssl" if tls else "sasl_plaintext",
            kafka_ca_file=self.authority.file if tls else None,
            kafka_username=principal,
            kafka_password=SecretStr(password_of(principal)),
        )

    def by_certificate(self, principal: str) -> ServiceSettings:
        certificate, key = self.authority.certify(principal)
        return ServiceSettings(
            kafka_bootstrap=self.kafka.door("MTLS"),
            kafka_security="ssl",
            kafka_ca_file=self.authority.file,
            kafka_cert_file=certificate,
            kafka_key_file=key,
        )

    def by_token(self, principal: str, url: str) -> ServiceSettings:
        return ServiceSettings(
            kafka_bootstrap=self.kafka.door("OAUTH"),
            kafka_security="sasl_plaintext",
            kafka_sasl_mechanism="OAUTHBEARER",
            kafka_oauth_token_url=url,
            kafka_oauth_client_id=principal,
            kafka_oauth_client_secret=SecretStr(password_of(principal)),
        )


@contextmanager
def running_guarded_kafka(directory: Path) -> Iterator[Guarded]:
    authority = Authority(directory)
    kafka = ApacheKafka(directory, guard=_guard(authority, directory))
    try:
        kafka.start()
        yield Guarded(kafka, authority)
    finally:
        kafka.stop()


async def prepare(kafka: ApacheKafka) -> None:
    """Make the topics, and let each principal do what it may; who comes by the open listener may do all."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.url)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic.name, topic.partitions, 1) for topic in TOPICS])
        for principal in PRINCIPALS:
            for access in access_of(principal):
                for operation in access.operations:
                    rule = CreateAclsRequest(
                        RESOURCES[access.kind],
                        access.name,
                        LITERAL,
                        f"User:{principal}",
                        "*",
                        OPERATIONS[operation],
                        ALLOW,
                    )
                    answer = await admin._send_request(rule)
                    assert [code for code, _ in answer.creation_responses] == [0]
    finally:
        await admin.close()


def _guard(authority: Authority, directory: Path) -> Guard:
    certificate, key = authority.certify("broker")
    store = directory / "broker-store.pem"
    store.write_bytes(key.read_bytes() + certificate.read_bytes())
    tls = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": store,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": authority.file,
    }
    scram = {"sasl.enabled.mechanisms": "SCRAM-SHA-512", "scram-sha-512.sasl.jaas.config": SCRAM}
    oauth = {
        "sasl.enabled.mechanisms": "OAUTHBEARER",
        "oauthbearer.sasl.jaas.config": OAUTH,
        "oauthbearer.connections.max.reauth.ms": SESSION_MS,
    }
    return Guard(
        doors={
            "SCRAM": Door("SASL_PLAINTEXT", scram),
            "SCRAMTLS": Door("SASL_SSL", {**scram, **tls}),
            "OAUTH": Door("SASL_PLAINTEXT", oauth),
            "MTLS": Door(
                "SSL",
                {**tls, "ssl.client.auth": "required", "ssl.principal.mapping.rules": "RULE:^CN=([^,]+)$/$1/"},
            ),
        },
        users={principal: password_of(principal) for principal in PRINCIPALS},
        settings={
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        },
    )
