"""From a command to the event that says a person asked for it."""

from bot_gateway import commands
from bot_gateway.registration_codes import RegistrationCodes
from contracts.event import Origin
from contracts.teams import (
    AssignAsked,
    CommentAsked,
    ConnectAsked,
    CreateAsked,
    DisconnectAsked,
    Intent,
    MyDataAsked,
    MyDataDeletionAsked,
    RegisterAsked,
    SearchAsked,
    ShowAsked,
    SitesAsked,
    SubscribeAsked,
    TransitionAsked,
    UnsubscribeAsked,
    VerifyAsked,
    WebhookAsked,
)


def intent_of(command: commands.Command, origin: Origin, codes: RegistrationCodes) -> Intent | None:
    """Turn a command into the intent of the person who gave it."""
    match command:
        case commands.Help():
            return None
        case commands.Register():
            return RegisterAsked(origin=origin, code_hash=codes.code_hash(origin.intent_id))
        case commands.Sites():
            return SitesAsked(origin=origin)
        case commands.MyData():
            return MyDataAsked(origin=origin)
        case commands.DeleteMyData(confirmed):
            return MyDataDeletionAsked(origin=origin) if confirmed else None
        case commands.InJira(alias, asked):
            return _of_one_jira(asked, origin).model_copy(update={"site": alias})
        case _:
            return _of_one_jira(command, origin)


def _of_one_jira(command: commands.OfOneJira, origin: Origin) -> Intent:
    match command:
        case commands.Connect():
            return ConnectAsked(origin=origin)
        case commands.Disconnect():
            return DisconnectAsked(origin=origin)
        case commands.Verify(code):
            return VerifyAsked(origin=origin, code=code)
        case commands.Show(issue):
            return ShowAsked(origin=origin, issue=issue)
        case commands.Create(project, summary, description, kind):
            return CreateAsked(
                origin=origin, project=project, summary=summary, description=description, issue_type=kind
            )
        case commands.Comment(issue, text):
            return CommentAsked(origin=origin, issue=issue, text=text)
        case commands.Assign(issue, assignee):
            return AssignAsked(origin=origin, issue=issue, assignee=assignee)
        case commands.Transition(issue, to):
            return TransitionAsked(origin=origin, issue=issue, to=to)
        case commands.Search(query, jql):
            return SearchAsked(origin=origin, query=query, jql=jql)
        case commands.Subscribe(project):
            return SubscribeAsked(origin=origin, project=project)
        case commands.Unsubscribe(project):
            return UnsubscribeAsked(origin=origin, project=project)
        case commands.Webhook():
            return WebhookAsked(origin=origin)
