"""The use cases of AlimTalk and its templates, which whoever accepts messages or launches campaigns asks for approval."""

from __future__ import annotations

from typing import ClassVar

from dependency_injector import containers, providers

from application.alimtalk.approve_alimtalk import ApproveAlimTalk
from application.alimtalk.check_alimtalk import CheckAlimTalk
from application.alimtalk.desk_credential import DeskCredential
from application.alimtalk.list_templates import ListTemplates
from application.alimtalk.preview_alimtalk import PreviewAlimTalk
from application.alimtalk.read_template import ReadTemplate
from application.alimtalk.refresh_templates import RefreshTemplates
from application.alimtalk.register_template import RegisterTemplate
from application.alimtalk.sync_templates import SyncTemplates
from application.dispatch.credential_cache import CredentialCache
from domain.shared.channels import Channel


class AlimTalkUseCases(containers.DeclarativeContainer):
    """What is asked of KakaoTalk's templates."""

    infrastructure = providers.DependenciesContainer()
    _i = infrastructure

    _clocked: ClassVar = {"clock": _i.clock}

    credential_cache = providers.Singleton(CredentialCache, _i.credentials, _i.vault, _i.provider_directory)
    open_desk = providers.Singleton(
        DeskCredential,
        applications=_i.applications,
        credentials=credential_cache,
        desks=_i.template_desks,
    )
    register_kakao_template = providers.Singleton(
        RegisterTemplate, templates=_i.kakao_templates, open_desk=open_desk
    )
    list_kakao_templates = providers.Singleton(
        ListTemplates, applications=_i.applications, templates=_i.kakao_templates
    )
    read_kakao_template = providers.Singleton(ReadTemplate, templates=_i.kakao_templates)
    refresh_kakao_templates = providers.Singleton(
        RefreshTemplates, templates=_i.kakao_templates, open_desk=open_desk, **_clocked
    )
    sync_kakao_templates = providers.Singleton(
        SyncTemplates, templates=_i.kakao_templates, refresh=refresh_kakao_templates, **_clocked
    )
    check_alimtalk = providers.Singleton(
        CheckAlimTalk,
        templates=_i.kakao_templates,
        open_desk=open_desk,
        providers=_i.provider_directory,
        **_clocked,
    )
    preview_alimtalk = providers.Singleton(PreviewAlimTalk, check=check_alimtalk)
    approvals = providers.Dict(
        {Channel.KAKAO_TALK: providers.Singleton(ApproveAlimTalk, check_alimtalk, _i.clock)}
    )
