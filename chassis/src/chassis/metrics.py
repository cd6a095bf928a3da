"""What every service counts; names and labels are listed in docs/metrics.md."""

import time
from functools import partial

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
        counter, gauge = partial(Counter, registry=self.registry), partial(Gauge, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry, buckets=BUCKETS)
        self.handled = counter(
            "bridge_messages_handled_total",
            "Messages done, by event type and result (answered, ignored, repeated, parked, expired, dead_letter)",
            ["event", "result"],
        )
        self.retried = counter(
            "bridge_attempts_failed_total",
            "Attempts that met something unavailable and will be made again, by event type",
            ["event"],
        )
        self.seconds = histogram(
            "bridge_handling_seconds",
            "Seconds from taking a message up to its confirmed answer, retries included, by event type",
            ["event"],
        )
        self.published = counter("bridge_messages_published_total", "Messages confirmed by Kafka, by topic", ["topic"])
        self.publish_failures = counter(
            "bridge_publish_failures_total", "Messages that Kafka did not confirm in time, by topic", ["topic"]
        )
        self.producer_replaced = counter(
            "bridge_producer_replaced_total", "Producers replaced because they could not go on"
        )
        self.dead_letters = counter("bridge_dead_letters_total", "Messages set aside, by reason", ["reason"])
        self.under_way = gauge("bridge_messages_under_way", "Messages read and not yet done")
        self.tasks = gauge("bridge_asyncio_tasks", "Tasks of the event loop")
        self.lag = gauge(
            "bridge_consumer_lag",
            "Messages between the first that is not done and the end of the log, by topic and partition",
            ["topic", "partition"],
        )
        self.oldest_unhandled = gauge(
            "bridge_oldest_unhandled_seconds",
            "Age of the oldest message that was read and is not done, by topic",
            ["topic"],
        )
        self.kafka_reachable = gauge("bridge_kafka_reachable", "1 where Kafka answered when last asked, else 0")
        self.ready = gauge(
            "bridge_ready", "1 where this is there, 0 where it is missing, as /readyz names it", ["what"]
        )
        self.started = gauge("bridge_started_time_seconds", "When the process began, as Unix time")
        self.started.set(time.time())
        self.http_requests = counter(
            "bridge_http_requests_total", "Requests to the HTTP edge, by class of status", ["status"]
        )
        self.http_seconds = histogram("bridge_http_seconds", "Seconds up to the end of an answer of the HTTP edge")
        self.view_rows = gauge("bridge_view_rows", "Rows of a local view, by topic", ["topic"])
        for status in STATUSES:
            self.http_requests.labels(status)
        for reason in DEAD_LETTER_REASONS:
            self.dead_letters.labels(reason)
