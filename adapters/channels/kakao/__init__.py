"""AlimTalk: approved templates, their variables, which dealer carries them, what Kakao answers.

content           what a message says, before its template is known
shelf             the templates that messages are checked against
filling           one batch's messages checked against them
solapi            as Solapi gets it; solapi_templates: templates there
nhn/              NHN Cloud KakaoTalk Bizmessage: requests, results, webhooks, templates, tables
desks             where templates are registered and asked for
plugin            all of it as the pipeline sees it
"""

from adapters.channels.kakao.plugin import plugin

__all__ = ["plugin"]
