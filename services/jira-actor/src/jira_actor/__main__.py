"""`python -m jira_actor`."""

from chassis.service import main
from jira_actor.app import connect
from jira_actor.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    main("jira-actor", settings, lambda service: connect(service, settings))
