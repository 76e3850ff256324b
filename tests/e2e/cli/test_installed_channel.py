"""An installed channel in the running product: known to REST and its document, sent through every process."""

from __future__ import annotations

import pytest

from tests.conformance.channels.webhook import TOKEN, chat_server
from tests.e2e.cli.runs import running_up, stack_folder
from tests.examples.installing import install

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_channel_of_an_installed_package_is_there_like_any_other(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Credential, registration, price, message, result: not one line of the product knows of it."""
    packages = install("webhook_channel", tmp_path_factory.mktemp("packages"))
    with (
        chat_server() as chat,
        stack_folder() as folder,
        running_up(folder, PYTHONPATH=str(packages)) as up,
    ):
        operator = {"Authorization": f"Bearer {up.told['operator_key']}"}
        base = f"/v1/applications/{up.told['application_id']}"
        status, stored = up.call(
            "PUT",
            f"{base}/credentials/incoming_webhook",
            {"fields": {"url": chat.url, "token": TOKEN}},
            operator,
        )
        assert (status, stored["summary"]) == (200, {"url": chat.url}), stored
        status, _ = up.call("PUT", f"{base}/quota/unit-prices", {"unit_prices": {"webhook": "0.5"}}, operator)
        assert status == 200
        body = {"type": "Webhook", "token": "T01/general", "external_id": "team"}
        status, subscription = up.call("POST", "/v1/subscriptions", body)
        assert (status, subscription["type"]) == (201, "Webhook"), subscription
        message = {"content": {"webhook": {"text": "배포가 끝났습니다"}}, "external_id": "team"}
        status, sent = up.call("POST", "/v1/messages", message)
        assert (status, sent.get("accepted")) == (202, 1), sent
        found = up.message(sent["message_ids"][0], "successful", "failed")
        assert (found["status"], found["channel_type"], found["type"]) == ("successful", "webhook", "Webhook")
        assert chat.said == [("T01/general", "배포가 끝났습니다")]
        status, refused = up.call("POST", "/v1/messages", {**message, "content": {"pigeon": {"text": "x"}}})
        assert (status, refused["field"]) == (422, "content.pigeon"), refused
        status, document = up.call("GET", "/openapi.json")
        assert "webhook" in document["components"]["schemas"]["ContentIn"]["properties"]
