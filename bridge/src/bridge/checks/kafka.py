"""Kafka: does a broker answer, and are the topics as declared?"""

from bridge.doctor import Finding, failed, ok, skipped
from bridge.kafka_admin import KafkaAdmin, KafkaAdminError, KafkaUnreachable
from bridge.settings import BridgeSettings
from bridge.topics import TopicReport, compare

KAFKA = "Kafka"
TOPICS = "Kafka topics"


async def check_kafka(settings: BridgeSettings) -> list[Finding]:
    """Connect, count the brokers, compare the topics."""
    try:
        async with KafkaAdmin(settings) as kafka:
            brokers = await kafka.brokers()
            reachable = ok(KAFKA, f"{brokers} broker(s) at {settings.kafka_bootstrap}")
            wrong = [report for report in await compare(kafka) if not report.fine]
    except KafkaUnreachable as error:
        advice = (
            "Start Kafka, or set BRIDGE_KAFKA_BOOTSTRAP (host:port) and BRIDGE_KAFKA_SECURITY to how it is reached."
        )
        return [failed(KAFKA, str(error), advice), skipped(TOPICS, "Kafka does not answer.")]
    except KafkaAdminError as error:
        advice = "Let the user that Bridge logs in as describe the cluster, its topics and their settings."
        return [failed(KAFKA, str(error), advice), skipped(TOPICS, "Kafka did not answer.")]
    if not wrong:
        return [reachable, ok(TOPICS, "all there, as declared")]
    return [reachable, _not_as_declared(wrong)]


def _not_as_declared(wrong: list[TopicReport]) -> Finding:
    named = [f"{report.name} {'is missing' if report.state == 'missing' else report.says}" for report in wrong[:4]]
    says = f"{len(wrong)} not as declared: {', '.join(named)}{' …' if len(wrong) > 4 else ''}"
    advice = "Run `bridge topics apply`: it creates those that are missing and names what differs in the others."
    return failed(TOPICS, says, advice)
