"""AlimTalk: templates that Kakao approved, their variables and buttons."""
