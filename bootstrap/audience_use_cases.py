"""The use cases of applications, their keys and credentials, and of the people and addresses they reach."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from dependency_injector import providers

from application.applications.add_identity_key import AddIdentityKey
from application.applications.authenticate_key import AuthenticateKey
from application.applications.check_sdk import CheckSdk
from application.applications.create_application import CreateApplication
from application.applications.delete_credential import DeleteCredential
from application.applications.ensure_operator_key import EnsureOperatorKey
from application.applications.issue_key import IssueKey
from application.applications.key_cache import KeyCache
from application.applications.known_applications import KnownApplications
from application.applications.list_alerts import ListAlerts
from application.applications.list_applications import ListApplications
from application.applications.list_credentials import ListCredentials
from application.applications.list_identity_keys import ListIdentityKeys
from application.applications.list_keys import ListKeys
from application.applications.list_pauses import ListPauses
from application.applications.pause_channel import PauseChannel
from application.applications.read_application import ReadApplication
from application.applications.record_sdk_report import RecordSdkReport
from application.applications.remove_identity_key import RemoveIdentityKey
from application.applications.resume_channel import ResumeChannel
from application.applications.revoke_key import RevokeKey
from application.applications.set_credential import SetCredential
from application.applications.tell_deprecation import TellDeprecation
from application.applications.update_application import UpdateApplication
from application.applications.verify_identity import VerifyIdentity
from application.audience.archive_subscription import ArchiveSubscription
from application.audience.archive_user import ArchiveUser
from application.audience.change_properties import ChangeProperties
from application.audience.change_tags import ChangeTags
from application.audience.confirm_subscription import ConfirmSubscription
from application.audience.disable_subscription import DisableSubscription
from application.audience.enable_subscription import EnableSubscription
from application.audience.gathered_authentication import GatheredAuthentication
from application.audience.gathered_logins import GatheredLogins
from application.audience.gathered_registrations import GatheredRegistrations
from application.audience.lift_suppression import LiftSuppression
from application.audience.list_subscription_events import ListSubscriptionEvents
from application.audience.list_subscriptions import ListSubscriptions
from application.audience.list_suppressions import ListSuppressions
from application.audience.list_users import ListUsers
from application.audience.login import Login
from application.audience.logout import Logout
from application.audience.preference_link import PreferenceLink
from application.audience.preferences import RecipientPreferences
from application.audience.put_user import PutUser
from application.audience.read_subscription import ReadSubscription
from application.audience.read_user import ReadUser
from application.audience.register_subscription import RegisterSubscription
from application.audience.register_subscriptions import RegisterSubscriptions
from application.audience.resend_confirmation import ResendConfirmation
from application.audience.rotate_keys import RotateKeys
from application.audience.suppress_address import SuppressAddress
from application.audience.unsubscribe_by_link import UnsubscribeByLink
from application.audience.update_subscription import UpdateSubscription
from application.audience.update_user import UpdateUser
from application.messaging.group_commit import GroupCommit
from bootstrap.notice_use_cases import NoticeUseCases

# First calls and receipts come one install a request, and often many at once.
_GATHER = partial(GroupCommit, window=0.002, at_most=200, concurrency=4, waiting_room=5_000)


class AudienceUseCases(NoticeUseCases):
    """Applications and audience."""

    _i = NoticeUseCases.infrastructure

    _clocked: ClassVar = {"clock": _i.clock}
    _identified: ClassVar = {"clock": _i.clock, "identifiers": _i.identifiers}
    key_cache = providers.Singleton(KeyCache)
    known_applications = providers.Singleton(KnownApplications, _i.applications, _i.clock)

    authenticate_key = providers.Singleton(AuthenticateKey, keys=_i.keys, key_cache=key_cache, **_clocked)
    issue_key = providers.Singleton(IssueKey, keys=_i.keys, randomness=_i.randomness, **_identified)
    ensure_operator_key = providers.Singleton(EnsureOperatorKey, keys=_i.keys, issue=issue_key, **_clocked)
    list_keys = providers.Singleton(ListKeys, applications=_i.applications, keys=_i.keys)
    revoke_key = providers.Singleton(RevokeKey, keys=_i.keys, key_cache=key_cache, **_clocked)
    create_application = providers.Singleton(
        CreateApplication, applications=_i.applications, providers=_i.provider_directory, **_identified
    )
    list_applications = providers.Singleton(ListApplications, applications=_i.applications)
    read_application = providers.Singleton(ReadApplication, applications=_i.applications)
    update_application = providers.Singleton(
        UpdateApplication,
        applications=known_applications,
        key_cache=key_cache,
        providers=_i.provider_directory,
        pauses=_i.pauses,
        **_clocked,
    )
    set_credential = providers.Singleton(
        SetCredential,
        credentials=_i.credentials,
        providers=_i.provider_directory,
        vault=_i.vault,
        randomness=_i.randomness,
        **_clocked,
    )
    list_credentials = providers.Singleton(
        ListCredentials, applications=_i.applications, credentials=_i.credentials
    )
    delete_credential = providers.Singleton(DeleteCredential, credentials=_i.credentials)
    add_identity_key = providers.Singleton(
        AddIdentityKey,
        identity_keys=_i.identity_keys,
        identity_tokens=_i.identity_tokens,
        vault=_i.vault,
        **_clocked,
    )
    list_identity_keys = providers.Singleton(
        ListIdentityKeys, applications=_i.applications, identity_keys=_i.identity_keys
    )
    remove_identity_key = providers.Singleton(RemoveIdentityKey, identity_keys=_i.identity_keys)
    verify_identity = providers.Singleton(
        VerifyIdentity,
        applications=known_applications,
        identity_keys=_i.identity_keys,
        identity_tokens=_i.identity_tokens,
        vault=_i.vault,
        **_clocked,
    )
    check_sdk = providers.Singleton(CheckSdk, applications=known_applications)
    tell_deprecation = providers.Singleton(TellDeprecation, applications=known_applications)
    record_sdk_report = providers.Singleton(RecordSdkReport, sdk_measures=_i.measures)
    list_pauses = providers.Singleton(ListPauses, applications=_i.applications, pauses=_i.pauses)
    pause_channel = providers.Singleton(PauseChannel, pauses=_i.pauses, **_clocked)
    resume_channel = providers.Singleton(ResumeChannel, pauses=_i.pauses)
    list_alerts = providers.Singleton(ListAlerts, alerts=_i.alerts)

    register_subscriptions = providers.Singleton(
        RegisterSubscriptions,
        applications=known_applications,
        audience=_i.audience,
        vault=_i.vault,
        randomness=_i.randomness,
        providers=_i.provider_directory,
        **_identified,
    )
    gathered_registrations = providers.Singleton(
        GatheredRegistrations,
        register_subscriptions,
        providers.Object(_GATHER),
    )
    register_subscription = providers.Singleton(
        RegisterSubscription, register_subscriptions=gathered_registrations
    )
    read_subscription = providers.Singleton(ReadSubscription, audience=_i.audience, vault=_i.vault)
    list_subscriptions = providers.Singleton(ListSubscriptions, audience=_i.audience)
    list_subscription_events = providers.Singleton(ListSubscriptionEvents, audience=_i.audience)
    update_subscription = providers.Singleton(
        UpdateSubscription,
        applications=_i.applications,
        audience=_i.audience,
        vault=_i.vault,
        providers=_i.provider_directory,
        **_identified,
    )
    change_tags = providers.Singleton(ChangeTags, audience=_i.audience, **_identified)
    archive_subscription = providers.Singleton(ArchiveSubscription, audience=_i.audience, **_identified)
    disable_subscription = providers.Singleton(DisableSubscription, audience=_i.audience, **_identified)
    enable_subscription = providers.Singleton(EnableSubscription, audience=_i.audience, **_identified)
    put_user = providers.Singleton(PutUser, applications=_i.applications, audience=_i.audience, **_identified)
    read_user = providers.Singleton(ReadUser, audience=_i.audience)
    list_users = providers.Singleton(ListUsers, audience=_i.audience)
    update_user = providers.Singleton(UpdateUser, audience=_i.audience)
    archive_user = providers.Singleton(ArchiveUser, audience=_i.audience, **_clocked)
    login = providers.Singleton(
        GatheredLogins,
        providers.Singleton(
            Login, applications=known_applications, audience=_i.audience, vault=_i.vault, **_identified
        ),
        providers.Object(_GATHER),
    )
    logout = providers.Singleton(Logout, applications=known_applications, audience=_i.audience, **_identified)
    change_properties = providers.Singleton(ChangeProperties, audience=_i.audience, **_clocked)
    authenticate_install = providers.Singleton(
        GatheredAuthentication,
        applications=known_applications,
        audience=_i.audience,
        gatherer=providers.Object(_GATHER),
        **_clocked,
    )
    unsubscribe_by_link = providers.Singleton(
        UnsubscribeByLink,
        audience=_i.audience,
        addresses=_i.addresses,
        vault=_i.vault,
        links=_i.links,
        **_clocked,
    )
    confirm_subscription = providers.Singleton(
        ConfirmSubscription, audience=_i.audience, vault=_i.vault, links=_i.links, **_identified
    )
    resend_confirmation = providers.Singleton(ResendConfirmation, audience=_i.audience, **_identified)
    recipient_preferences = providers.Singleton(
        RecipientPreferences,
        applications=_i.applications,
        audience=_i.audience,
        addresses=_i.addresses,
        topics=_i.topic_choices,
        vault=_i.vault,
        links=_i.links,
        **_identified,
    )
    preference_link = providers.Singleton(PreferenceLink, audience=_i.audience, links=_i.links, **_clocked)
    rotate_keys = providers.Singleton(
        RotateKeys,
        audience=_i.audience,
        credentials=_i.credentials,
        identity_keys=_i.identity_keys,
        operators=_i.operators,
        webhooks=_i.webhooks,
        vault=_i.vault,
    )

    list_suppressions = providers.Singleton(
        ListSuppressions, addresses=_i.addresses, vault=_i.vault, providers=_i.provider_directory
    )
    suppress_address = providers.Singleton(
        SuppressAddress, addresses=_i.addresses, vault=_i.vault, providers=_i.provider_directory, **_clocked
    )
    lift_suppression = providers.Singleton(LiftSuppression, addresses=_i.addresses, **_clocked)
