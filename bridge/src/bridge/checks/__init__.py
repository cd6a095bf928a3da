"""The checks of `bridge doctor`: one module for each outside system."""

from bridge.checks.kafka import check_kafka
from bridge.checks.mongo import check_mongo
from bridge.checks.teams import check_connector
from bridge.checks.vault import check_vault

CHECKS = (check_kafka, check_mongo, check_vault, check_connector)

__all__ = ["CHECKS"]
