"""The use cases of the dashboard's own: operators, their changes, and how the installation does. `UseCases` adds the rest."""

from __future__ import annotations

from typing import ClassVar

from dependency_injector import providers

from application.operations.read_health import ReadHealth
from application.operations.read_retention import ReadRetention
from application.operators.accept_invitation import AcceptInvitation, ReadInvitation
from application.operators.authenticate_session import AuthenticateSession
from application.operators.change_operator import ChangeOperator, ListOperators
from application.operators.invite_operator import InviteFirstOwner, InviteOperator
from application.operators.record_change import ListAudit, RecordChange
from application.operators.sign_in import SignIn
from application.operators.sign_out import SignOut
from bootstrap.reporting_use_cases import ReportingUseCases


class OperatorUseCases(ReportingUseCases):
    """Who works with the dashboard, and what they see there that no other entry point shows."""

    _i = ReportingUseCases.infrastructure
    _identified: ClassVar = {"clock": _i.clock, "identifiers": _i.identifiers}
    _known: ClassVar = {"operators": _i.operators, "clock": _i.clock}
    _secrets: ClassVar = {"one_time_codes": _i.one_time_codes, "vault": _i.vault}

    sign_in = providers.Singleton(
        SignIn, passwords=_i.passwords, randomness=_i.randomness, **_known, **_secrets
    )
    sign_out = providers.Singleton(SignOut, operators=_i.operators)
    authenticate_session = providers.Singleton(AuthenticateSession, **_known)
    invite_operator = providers.Singleton(
        InviteOperator, randomness=_i.randomness, identifiers=_i.identifiers, **_known, **_secrets
    )
    invite_first_owner = providers.Singleton(InviteFirstOwner, operators=_i.operators, invite=invite_operator)
    read_invitation = providers.Singleton(ReadInvitation, **_known, **_secrets)
    accept_invitation = providers.Singleton(
        AcceptInvitation,
        passwords=_i.passwords,
        identifiers=_i.identifiers,
        read_invitation=read_invitation,
        **_known,
        **_secrets,
    )
    change_operator = providers.Singleton(ChangeOperator, **_known)
    list_operators = providers.Singleton(ListOperators, operators=_i.operators)
    record_change = providers.Singleton(RecordChange, audit_log=_i.audit_log, **_identified)
    list_audit = providers.Singleton(ListAudit, audit_log=_i.audit_log)
    read_retention = providers.Singleton(
        ReadRetention,
        applications=_i.applications,
        retention=_i.retention,
        message_days=_i.settings.provided.retention_days,
    )
    read_health = providers.Singleton(
        ReadHealth,
        health=_i.health,
        node_reports=_i.node_reports,
        stream_figures=_i.stream_figures,
        clock=_i.clock,
    )
