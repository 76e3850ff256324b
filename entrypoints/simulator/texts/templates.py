"""AlimTalk templates at the gateways: registered, reviewed as the script says, and matched against messages."""

from __future__ import annotations

import re
from typing import Final

from attrs import define, field

from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import TextProvider
from entrypoints.simulator.texts.call import Call, JsonObject, Reply
from entrypoints.simulator.texts.store import new_id

_VARIABLE: Final = re.compile(r"#\{(.*?)\}")
_NHN_STATUS: Final = {"PENDING": "TSC01", "INSPECTING": "TSC02", "APPROVED": "TSC03", "REJECTED": "TSC04"}
_REVIEWED: Final = {"approve": "APPROVED", "hold": "INSPECTING", "reject": "REJECTED"}


@define(slots=True)
class Template:
    """One template."""

    provider: TextProvider
    code: str
    name: str
    content: str
    status: str
    fields: JsonObject = field(factory=dict)
    """Everything else that was sent."""

    def variables(self) -> set[str]:
        """Names in the text and in the buttons' links."""
        links = [str(link) for button in self.buttons() for link in button.values()]
        return {name for text in (self.content, *links) for name in _VARIABLE.findall(text)}

    def buttons(self) -> list[JsonObject]:
        """As they were registered."""
        found = self.fields.get("buttons")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class Templates:
    """The templates of both gateways."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._registered: dict[tuple[TextProvider, str], Template] = {}

    def reset(self) -> None:
        """Forget what was registered."""
        self._registered.clear()

    def get(self, provider: TextProvider, code: str) -> Template | None:
        """One that was registered, or that the script has; a template under review is reviewed when it is looked at."""
        found = self._registered.get((provider, code))
        script = self._stage.behaviour.texts
        if found is not None:
            if found.status == "INSPECTING":
                found.status = _REVIEWED[script.review]
            return found
        for one in script.templates:
            if one.provider == provider and one.code == code:
                buttons = [dict(button) for button in one.buttons]
                return Template(provider, code, one.name, one.content, one.status, {"buttons": buttons})
        return None

    def listed(self, provider: TextProvider) -> list[Template]:
        """All of one gateway, in order of code."""
        codes = {code for owner, code in self._registered if owner == provider}
        codes |= {one.code for one in self._stage.behaviour.texts.templates if one.provider == provider}
        found = [self.get(provider, code) for code in sorted(codes)]
        return [one for one in found if one is not None]

    def add(self, template: Template) -> None:
        """Register one."""
        self._registered[template.provider, template.code] = template

    def solapi(self, call: Call) -> Reply:
        """Solapi's `/kakao/v2/templates`."""
        match (call.method, call.parts[3:]):
            case "POST", ():
                return self._solapi_create(call)
            case "GET", ():
                shown = [_solapi_shape(one) for one in self.listed("solapi")]
                content = {"limit": 100, "templateList": shown, "startKey": None, "nextKey": None}
                return Reply(200, content)
            case "GET", (code,):
                found = self.get("solapi", code)
                return _missing() if found is None else Reply(200, _solapi_shape(found))
            case "PUT", (code, "inspection"):
                found = self._registered.get(("solapi", code))
                if found is None:
                    return _missing()
                if found.status != "PENDING":
                    return Reply(400, {"errorCode": "InvalidStatus", "errorMessage": "대기 상태가 아닙니다."})
                found.status = "INSPECTING"
                return Reply(200, _solapi_shape(found))
        return _missing()

    def _solapi_create(self, call: Call) -> Reply:
        document = call.document() or {}
        content, name = document.get("content"), document.get("name")
        if not isinstance(content, str) or not isinstance(name, str) or "channelId" not in document:
            return Reply(
                400, {"errorCode": "ValidationError", "errorMessage": "name, content, channelId: 필수 입력"}
            )
        made = Template("solapi", new_id("KA01TP"), name, content, "PENDING", document)
        self.add(made)
        return Reply(200, _solapi_shape(made))

    def solapi_objection(self, options: object) -> str | None:
        """The status code that speaks against an AlimTalk's kakaoOptions, or None."""
        chosen = options if isinstance(options, dict) else {}
        if not chosen.get("pfId"):
            return "1041"
        found = self.get("solapi", str(chosen.get("templateId", "")))
        if found is None or found.status != "APPROVED":
            return "1042"
        variables = chosen.get("variables")
        given = {str(name) for name in variables} if isinstance(variables, dict) else set()
        wanted = {f"#{{{name}}}" for name in found.variables()}
        return None if given == wanted else "1043"


def _missing() -> Reply:
    return Reply(404, {"errorCode": "ResourceNotFound", "errorMessage": "템플릿이 없습니다."})


def _solapi_shape(template: Template) -> JsonObject:
    return {
        "messageType": "BA",
        "emphasizeType": "NONE",
        "securityFlag": False,
        "isHidden": False,
        "assignType": "CHANNEL",
        **template.fields,
        "templateId": template.code,
        "name": template.name,
        "content": template.content,
        "status": template.status,
        "buttons": template.buttons(),
        "comments": [{"isAdmin": True, "memberId": "kakao", "content": "반려 사유", "dateCreated": ""}]
        if template.status == "REJECTED"
        else [],
        "variables": [{"name": f"#{{{name}}}"} for name in sorted(template.variables())],
    }


def nhn_shape(template: Template) -> JsonObject:
    """A template as NHN Cloud shows it."""
    rejected = [{"id": 1, "content": "반려 사유", "status": "REJ", "createdAt": "2026-11-23 10:00:00"}]
    return {
        "templateMessageType": "BA",
        "templateEmphasizeType": "NONE",
        "securityFlag": False,
        "block": False,
        "dormant": False,
        **template.fields,
        "templateCode": template.code,
        "templateName": template.name,
        "templateContent": template.content,
        "status": _NHN_STATUS[template.status],
        "buttons": template.buttons(),
        "comments": rejected if template.status == "REJECTED" else [],
    }
