"""The simulated providers put together: every listener hands its requests to `Simulation.answer`."""

from typing import Final

from entrypoints.simulator import apns, fcm, oauth
from entrypoints.simulator.behaviour import Behaviour, Environment
from entrypoints.simulator.mail import ses, sns
from entrypoints.simulator.mail.mailbox import Mailbox
from entrypoints.simulator.mail.reporting import Reporting
from entrypoints.simulator.provider_tokens import ProviderTokens
from entrypoints.simulator.recorder import Headers, Recorder
from entrypoints.simulator.stage import Answer, Stage
from entrypoints.simulator.texts.desk import PREFIXES, TextDesk

LARGEST_BODY: Final = 1_048_576


class Simulation:
    """One set of providers with one script, one record and one set of keys."""

    def __init__(self, behaviour: Behaviour, recorder: Recorder) -> None:
        self.stage = Stage(behaviour, recorder)
        self.provider_tokens = ProviderTokens()
        self.access_tokens = oauth.AccessTokens()
        self.apns = apns.Apns(self.stage, self.provider_tokens)
        self.fcm = fcm.Fcm(self.stage, self.access_tokens)
        self.oauth = oauth.Oauth(self.stage, self.access_tokens)
        self.mailbox = Mailbox(recorder.last.maxlen or 1)
        self.topic = sns.Topic()
        self.reporting = Reporting(self.stage, self.topic)
        self.ses = ses.Ses(self.stage, self.mailbox, self.reporting)
        self.texts = TextDesk(self.stage)

    def answer(
        self,
        environment: Environment,
        method: str,
        path: str,
        headers: Headers,
        body: bytes,
        playable: frozenset[str],
    ) -> Answer:
        """Route by path: FCM, SES, SNS, the token endpoint, gateways for texts; everything else is APNs (which answers BadPath).

        `path` carries its query, if there is one; only gateways for texts read it.
        """
        if path.startswith(PREFIXES):
            return self.texts.answer(method, path, headers, body, playable)
        path = path.partition("?")[0]
        if path.startswith(fcm.PREFIX) and path.endswith(fcm.SUFFIX):
            return self.fcm.answer(method, path, headers, body, playable)
        if path.startswith(ses.PREFIX):
            return self.ses.answer(method, path, headers, body, playable)
        if path == sns.CERTIFICATE_PATH:
            return Answer(200, [("content-type", "application/x-pem-file")], self.topic.certificate)
        if path.startswith(sns.CONFIRM_PREFIX):
            return Answer(200 if self.topic.confirm(path[len(sns.CONFIRM_PREFIX) :]) else 404, [])
        if path == oauth.PATH:
            return self.oauth.answer(method, body)
        return self.apns.answer(environment, method, path, headers, body, playable)
