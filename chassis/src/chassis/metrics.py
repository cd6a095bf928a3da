"""What every service counts; names and labels are listed in docs/metrics.md."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


STATUSES = ("2xx", "3xx", "4xx", "5xx")
DEAD_LETTER_REASONS = (
    "bad_header",
    "unknown_type",
    "null_value",
    "invalid",
    "handler_failed",
    "too_large",
    "unavailable",
)
"""Told as 0 from the start: else Prometheus would not see the first one as an increase."""


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
        self.publish_failures = Counter(
            "bridge_publish_failures_total",
            "Messages that Kafka did not confirm in time, by topic",
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
        self.lag = Gauge(
            "bridge_consumer_lag",
            "Messages between the first that is not done and the end of the log, by topic and partition",
            ["topic", "partition"],
            registry=self.registry,
        )
        self.oldest_unhandled = Gauge(
            "bridge_oldest_unhandled_seconds",
            "Age of the oldest message that was read and is not done, by topic",
            ["topic"],
            registry=self.registry,
        )
        self.kafka_reachable = Gauge(
            "bridge_kafka_reachable", "1 where Kafka answered when last asked, else 0", registry=self.registry
        )
        self.ready = Gauge(
            "bridge_ready",
            "1 where this is there, 0 where it is missing, as /readyz names it",
            ["what"],
            registry=self.registry,
        )
        self.started = Gauge(
            "bridge_started_time_seconds", "When the process began, as Unix time", registry=self.registry
        )
        self.started.set(time.time())
        self.http_requests = Counter(
            "bridge_http_requests_total",
            "Requests to the HTTP edge, by class of status",
            ["status"],
            registry=self.registry,
        )
        self.http_seconds = Histogram(
            "bridge_http_seconds",
            "Seconds up to the end of an answer of the HTTP edge",
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.view_rows = Gauge("bridge_view_rows", "Rows of a local view, by topic", ["topic"], registry=self.registry)
        for status in STATUSES:
            self.http_requests.labels(status)
        for reason in DEAD_LETTER_REASONS:
            self.dead_letters.labels(reason)
