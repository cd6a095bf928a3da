"""`python -m key_vault`: the service as a process."""

from chassis.service import main
from key_vault.app import connect
from key_vault.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    main("key-vault", settings, lambda service: connect(service, settings))
