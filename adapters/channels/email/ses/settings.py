"""An SES account's settings: access key, region, configuration set, and the SNS topic that its events come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from adapters.channels.email.account import WHO, Account
from application.ports.channels import CredentialCheck
from application.ports.provider_settings import SettingField, check_fields, summary_of

PROVIDER: Final = "ses"
YES, NO = "yes", "no"

SETTINGS: Final = (
    SettingField(
        "region",
        "the AWS region, such as ap-northeast-2",
        pattern=r"[a-z]{2}(-[a-z]+)+-\d",
        example="ap-northeast-2",
    ),
    SettingField(
        "access_key_id", "the access key of an IAM user that may ses:SendEmail", pattern=r"[A-Z0-9]{16,128}"
    ),
    SettingField("secret_access_key", "its secret", secret=True, pattern=r"[A-Za-z0-9/+=]{16,200}"),
    SettingField(
        "session_token",
        "of temporary keys only",
        secret=True,
        required=False,
        longest=4_000,
        pattern=r"[!-~]+",
    ),
    *WHO,
    SettingField(
        "configuration_set",
        "the configuration set whose events go to SNS",
        required=False,
        pattern=r"[A-Za-z0-9_-]{1,64}",
    ),
    SettingField(
        "topic_arn",
        "the SNS topic that reports are accepted from",
        required=False,
        pattern=r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}",
        example="arn:aws:sns:ap-northeast-2:123456789012:ses-events",
    ),
    SettingField(
        "accept_signature_v1",
        "take SNS messages signed with SHA-1 (a topic without SignatureVersion 2): yes or no",
        required=False,
        default=NO,
        choices=(YES, NO),
    ),
    SettingField(
        "bulk",
        "send a content that many get with SendBulkEmail, 50 recipients a request: yes or no",
        required=False,
        default=NO,
        choices=(YES, NO),
    ),
    SettingField(
        "converted_by",
        "what counts as converted: open or click (mail programs open pictures by themselves)",
        required=False,
        default="click",
        choices=("open", "click"),
    ),
    SettingField(
        "send_rate",
        "mails a second; default: what SES says that the account may send",
        required=False,
        pattern=r"[1-9]\d{0,5}",
    ),
)


@attrs.frozen(slots=True)
class SesSettings:
    """Checked fields of one credential."""

    region: str
    access_key_id: str
    secret_access_key: str = attrs.field(repr=False)
    session_token: str | None = attrs.field(repr=False)
    account: Account
    configuration_set: str | None
    bulk: bool
    send_rate: float | None

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> SesSettings:
        """Raise InvalidInput or KeyError for fields that `check_ses_credential` would not have let pass."""
        rate = fields.get("send_rate")
        return cls(
            region=fields["region"],
            access_key_id=fields["access_key_id"],
            secret_access_key=fields["secret_access_key"],
            session_token=fields.get("session_token") or None,
            account=Account.from_fields(fields),
            configuration_set=fields.get("configuration_set") or None,
            bulk=fields.get("bulk") == YES,
            send_rate=float(rate) if rate else None,
        )


def check_ses_credential(fields: Mapping[str, str]) -> CredentialCheck:
    """The fields to store and a summary without secrets."""
    checked = check_fields(SETTINGS, fields)
    SesSettings.from_fields(checked)
    return CredentialCheck(fields=checked, summary=summary_of(SETTINGS, checked))
