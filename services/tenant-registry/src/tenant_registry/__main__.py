"""Run the tenant registry: `python -m tenant_registry`."""

from chassis.service import main
from tenant_registry.app import NAME, connect
from tenant_registry.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    main(NAME, settings, lambda service: connect(service, settings))
