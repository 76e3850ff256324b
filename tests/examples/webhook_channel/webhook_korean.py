"""What the channel says to people, in Korean."""

from __future__ import annotations

KOREAN = {
    "where the webhooks are": "웹훅이 있는 곳",
    "the bearer token": "Bearer 토큰",
    "{field} is no webhook's path": "{field} 값이 웹훅의 경로가 아닙니다",
    "{field} is one text and nothing else": "{field} 값은 텍스트 하나여야 합니다",
    'send {{"text": "…"}} of at most {longest} characters': '{{"text": "…"}}를 최대 {longest}자로 보내세요',
    "send it as T01/B02/x3Y": "T01/B02/x3Y처럼 보내세요",
}
