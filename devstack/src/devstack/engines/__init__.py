"""The engines under Bridge for one machine: Kafka, MongoDB and Vault, chosen by one setting."""

from devstack.engines.stack import SETTING, EngineKind, Engines, engines_chosen, start_engines

__all__ = ["SETTING", "EngineKind", "Engines", "engines_chosen", "start_engines"]
