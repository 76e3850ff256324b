"""What is wrong with a credential and what to do next, by provider and the provider's own word; part of `texts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrypoints.cli.language import Language

_ADVICE: Final[Mapping[str, Mapping[Language, str]]] = {
    "field": {
        "en": "{field} is missing or cannot be used: store the credential again with it",
        "ko": "{field} 값이 없거나 쓸 수 없습니다. 이 값을 넣어 자격 증명을 다시 저장하세요",
    },
    "sealed": {
        "en": "it is sealed under a key that is not in SIGNAL_KEYS: add that key, or store the credential again",
        "ko": "SIGNAL_KEYS에 없는 키로 봉인되어 있습니다. 그 키를 추가하거나 자격 증명을 다시 저장하세요",
    },
    "apns_key": {
        "en": "Apple does not know this key: compare team_id and key_id with the developer account, and check that the"
        " .p8 was not revoked",
        "ko": "Apple이 이 키를 모릅니다. team_id와 key_id를 개발자 계정과 비교하고 .p8 키가 폐기되지 않았는지 확인하세요",
    },
    "apns_topic": {
        "en": "the key may not send to this bundle_id: check its spelling, and the topics and environment of the key",
        "ko": "이 키로는 해당 bundle_id에 보낼 수 없습니다. 철자와, 키에 허용된 토픽과 환경을 확인하세요",
    },
    "clock": {
        "en": "the signature's time was refused: set this host's clock (NTP)",
        "ko": "서명 시각이 거부되었습니다. 이 서버의 시계를 맞추세요(NTP)",
    },
    "fcm_account": {
        "en": "Google does not accept the service account: create a new key in the Firebase console and store it",
        "ko": "Google이 서비스 계정을 받아들이지 않습니다. Firebase 콘솔에서 새 키를 만들어 저장하세요",
    },
    "fcm_project": {
        "en": "the service account may not send for this project: enable the FCM API (V1) and give the account"
        " the role Firebase Cloud Messaging Admin",
        "ko": "서비스 계정에 이 프로젝트의 발송 권한이 없습니다. FCM API(V1)를 켜고 계정에 Firebase 클라우드 메시징 관리자"
        " 역할을 부여하세요",
    },
    "smtp_login": {
        "en": "the relay refuses the login: check username and password, and whether the relay wants an app password",
        "ko": "릴레이가 로그인을 거부합니다. username과 password를 확인하고, 앱 비밀번호가 필요한지 확인하세요",
    },
    "smtp_offer": {
        "en": "the relay does not offer STARTTLS or this login: try port 465 with security tls, or the submission port",
        "ko": "릴레이가 STARTTLS나 이 로그인 방식을 지원하지 않습니다. security를 tls로, 포트를 465로 하거나 제출 포트를 쓰세요",
    },
    "smtp_host": {
        "en": "the relay does not want this host: ask its operator; check reverse DNS and ehlo_name",
        "ko": "릴레이가 이 서버를 받아들이지 않습니다. 운영자에게 문의하고 역방향 DNS와 ehlo_name을 확인하세요",
    },
    "ses_key": {
        "en": "AWS does not accept the access key: check access_key_id and secret_access_key, and that the user is active",
        "ko": "AWS가 액세스 키를 받아들이지 않습니다. access_key_id와 secret_access_key, 사용자 상태를 확인하세요",
    },
    "ses_right": {
        "en": "the user may not ask: give it ses:GetAccount, ses:SendEmail and ses:SendBulkEmail",
        "ko": "사용자에게 권한이 없습니다. ses:GetAccount, ses:SendEmail, ses:SendBulkEmail을 부여하세요",
    },
    "ses_paused": {
        "en": "SES has stopped this account from sending: see the account's reputation page and AWS support",
        "ko": "SES가 이 계정의 발송을 막았습니다. 계정 평판 페이지를 보고 AWS 지원에 문의하세요",
    },
    "solapi_key": {
        "en": "Solapi does not accept the key: compare api_key and api_secret with the console, and the allowed IPs",
        "ko": "솔라피가 키를 받아들이지 않습니다. api_key와 api_secret, 허용 IP를 콘솔에서 확인하세요",
    },
    "balance": {
        "en": "there is no balance: charge the account, then resume the channel",
        "ko": "잔액이 없습니다. 충전한 뒤 채널을 다시 시작하세요",
    },
    "nhn_key": {
        "en": "NHN Cloud does not accept the keys: compare app_key and secret_key with the console of this very service"
        " (SMS and KakaoTalk have keys of their own)",
        "ko": "NHN Cloud가 키를 받아들이지 않습니다. 해당 서비스 콘솔의 app_key, secret_key와 비교하세요(SMS와 KakaoTalk은 키가 다릅니다)",
    },
    "nhn_sender": {
        "en": "the sender key (발신 프로필) is not valid: check it in the console, and that the channel is not blocked",
        "ko": "발신 프로필(sender_key)이 올바르지 않습니다. 콘솔에서 확인하고 채널이 차단되지 않았는지 확인하세요",
    },
    "twilio_login": {
        "en": "Twilio does not accept the login: check account_sid with auth_token, or the API key and its secret",
        "ko": "Twilio가 로그인을 거부합니다. account_sid와 auth_token, 또는 API 키와 비밀값을 확인하세요",
    },
    "twilio_account": {
        "en": "the Twilio account is suspended or closed: see its console",
        "ko": "Twilio 계정이 정지되었거나 닫혔습니다. 콘솔을 확인하세요",
    },
    "away": {
        "en": "the provider could not be asked ({reason}): check network, firewall, host and port, then try again",
        "ko": "프로바이더에 물어볼 수 없었습니다({reason}). 네트워크, 방화벽, 호스트와 포트를 확인한 뒤 다시 해 보세요",
    },
    "other": {
        "en": "the provider refused it with {reason}: look the word up in its documents, correct the credential",
        "ko": "프로바이더가 {reason}(으)로 거절했습니다. 프로바이더 문서에서 확인하고 자격 증명을 고치세요",
    },
    "sandbox": {
        "en": "the account is still in the sandbox: ask AWS for production access",
        "ko": "계정이 아직 샌드박스입니다. AWS에 프로덕션 액세스를 요청하세요",
    },
    "unused": {
        "en": "not set up for this channel: {field} is not stored",
        "ko": "이 채널에는 설정되지 않았습니다. {field} 값이 없습니다",
    },
    "untried": {
        "en": "this provider offers no way to try a credential",
        "ko": "이 프로바이더는 자격 증명을 시험할 방법이 없습니다",
    },
}
ADVICE_TEXTS: Final = {f"advice.{name}": text for name, text in _ADVICE.items()}

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "apns": {
        **dict.fromkeys(("TopicDisallowed", "BadTopic", "MissingTopic"), "apns_topic"),
        **dict.fromkeys(("BadEnvironmentKeyIdInToken", "BadCertificateEnvironment"), "apns_topic"),
        "ExpiredProviderToken": "clock",
        **dict.fromkeys(("InvalidProviderToken", "MissingProviderToken", "Forbidden"), "apns_key"),
        "UnrelatedKeyIdInToken": "apns_key",
    },
    "fcm": {
        **dict.fromkeys(
            ("invalid_grant", "invalid_client", "invalid_scope", "UNAUTHENTICATED"), "fcm_account"
        ),
        **dict.fromkeys(("PERMISSION_DENIED", "NOT_FOUND", "THIRD_PARTY_AUTH_ERROR"), "fcm_project"),
    },
    "smtp": {"login_refused": "smtp_login", "not_offered": "smtp_offer", "relay_refused": "smtp_host"},
    "ses": {
        **dict.fromkeys(
            ("SignatureDoesNotMatch", "InvalidClientTokenId", "ExpiredTokenException"), "ses_key"
        ),
        **dict.fromkeys(("UnrecognizedClientException", "ExpiredToken"), "ses_key"),
        **dict.fromkeys(("AccessDenied", "AccessDeniedException"), "ses_right"),
        **dict.fromkeys(("SendingPausedException", "AccountSuspendedException"), "ses_paused"),
        "RequestExpired": "clock",
    },
    "solapi": {
        **dict.fromkeys(("InvalidAPIKey", "SignatureDoesNotMatch", "Forbidden", "http_401"), "solapi_key"),
        "RequestTimeTooSkewed": "clock",
        **dict.fromkeys(("NotEnoughBalance", "BalanceInsufficient"), "balance"),
    },
    "nhn": dict.fromkeys(
        ("-1000", "-1001", "-1002", "-1003", "-1004", "-1007", "-1008", "http_401"), "nhn_key"
    ),
    "nhn_alimtalk": {
        **dict.fromkeys(("-1000", "-1001", "-1020", "-4004", "-4005", "http_401"), "nhn_key"),
        **dict.fromkeys(("-1006", "-1014", "-1024", "-1027", "-2017", "-4029"), "nhn_sender"),
    },
    "twilio": {
        **dict.fromkeys(("20003", "20008", "20403", "http_401"), "twilio_login"),
        **dict.fromkeys(("10001", "20005", "20006", "30002"), "twilio_account"),
    },
}


def advice_for(provider: str, reason: str) -> str:
    """The key of the text about a refusal."""
    if reason == "invalid_credential":
        return "advice.field"
    if reason == "unreadable":
        return "advice.sealed"
    return f"advice.{_WORDS.get(provider, {}).get(reason, 'other')}"
