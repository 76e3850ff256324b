"""The bag of use cases that the client API calls; bootstrap fills it."""

from __future__ import annotations

import attrs

from application.applications.check_sdk import CheckSdk
from application.applications.record_sdk_report import RecordSdkReport
from application.applications.tell_deprecation import TellDeprecation
from application.applications.verify_identity import VerifyIdentity
from application.audience.archive_subscription import ArchiveSubscription
from application.audience.authenticate_install import AuthenticateInstall
from application.audience.change_properties import ChangeProperties
from application.audience.change_tags import ChangeTags
from application.audience.confirm_subscription import ConfirmSubscription
from application.audience.gathered_logins import GatheredLogins
from application.audience.login import Login
from application.audience.logout import Logout
from application.audience.read_subscription import ReadSubscription
from application.audience.register_subscription import RegisterSubscription
from application.audience.resend_confirmation import ResendConfirmation
from application.audience.update_subscription import UpdateSubscription
from application.messaging.fetch_in_app_messages import FetchInAppMessages
from application.messaging.receipt_gatherer import ReceiptGatherer
from application.messaging.record_receipts import RecordReceipts


@attrs.frozen(kw_only=True)
class ClientUseCases:
    """What an SDK may do."""

    authenticate_install: AuthenticateInstall
    check_sdk: CheckSdk
    tell_deprecation: TellDeprecation
    verify_identity: VerifyIdentity
    register_subscription: RegisterSubscription
    read_subscription: ReadSubscription
    update_subscription: UpdateSubscription
    change_tags: ChangeTags
    archive_subscription: ArchiveSubscription
    confirm_subscription: ConfirmSubscription
    resend_confirmation: ResendConfirmation
    login: Login | GatheredLogins
    logout: Logout
    change_properties: ChangeProperties
    fetch_in_app_messages: FetchInAppMessages
    record_sdk_report: RecordSdkReport
    record_receipts: RecordReceipts | ReceiptGatherer
