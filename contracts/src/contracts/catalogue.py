"""All events by their type."""

from contracts import jira, keys, operator, outcomes, registry, teams
from contracts.event import Event

EVENTS: tuple[type[Event], ...] = (
    *teams.INTENTS,
    teams.ConversationSeen,
    teams.ConversationLeft,
    *outcomes.OUTCOMES,
    keys.CallsAuthorizationAsked,
    keys.SecretsProtectionAsked,
    keys.SecretsOpeningAsked,
    keys.TenantKeysAsked,
    keys.TenantKeysDestructionAsked,
    keys.CallsAuthorized,
    keys.SecretsProtected,
    keys.SecretsOpened,
    keys.TenantKeysMade,
    keys.TenantKeysDestroyed,
    keys.KeysRefused,
    keys.TenantKeys,
    keys.SealingKey,
    registry.Tenant,
    registry.AccountLink,
    registry.TenantCheckAsked,
    registry.LinkCompletionAsked,
    registry.CommandResumed,
    registry.WebhookReceived,
    registry.NoticeDue,
    jira.TenantChecked,
    jira.AuthorizationPrepared,
    jira.LinkGranted,
    jira.SubscriptionAllowed,
    jira.IssueChanged,
    *operator.AUDITED,
)

BY_TYPE: dict[str, type[Event]] = {event.event_type(): event for event in EVENTS}
