"""What every service counts; names and labels are listed in docs/metrics.md."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One registry per process; label values are topics, event types and fixed words, never people or tenants."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.handled = Counter(
            "bridge_messages_handled_total",
            "Messages done, by event type and result (answered, ignored, repeated, parked, expired, dead_letter)",
            ["event", "result"],
            registry=self.registry,
        )
        self.retried = Counter(
            "bridge_attempts_failed_total",
            "Attempts that met something unavailable and will be made again, by event type",
            ["event"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "bridge_handling_seconds",
            "Seconds from taking a message up to its confirmed answer, retries included, by event type",
            ["event"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.published = Counter(
            "bridge_messages_published_total",
            "Messages confirmed by Kafka, by topic",
            ["topic"],
            registry=self.registry,
        )
        self.producer_replaced = Counter(
            "bridge_producer_replaced_total",
            "Producers replaced because they could not go on",
            registry=self.registry,
        )
        self.dead_letters = Counter(
            "bridge_dead_letters_total", "Messages set aside, by reason", ["reason"], registry=self.registry
        )
        self.under_way = Gauge("bridge_messages_under_way", "Messages read and not yet done", registry=self.registry)
        self.tasks = Gauge("bridge_asyncio_tasks", "Tasks of the event loop", registry=self.registry)
        self.view_rows = Gauge("bridge_view_rows", "Rows of a local view, by topic", ["topic"], registry=self.registry)
