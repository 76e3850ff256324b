"""Use cases of AlimTalk: templates registered, mirrored and looked at before sending."""
