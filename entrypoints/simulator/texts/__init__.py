"""Gateways for text messages and AlimTalk, as the simulator plays them: Solapi, NHN Cloud (two services), Twilio.

    desk            which gateway a path belongs to
    solapi          groups, messages, lists; solapi_shapes: its JSON; templates_solapi: AlimTalk templates
    nhn             both services' sends and queries; templates_nhn: AlimTalk templates
    twilio          messages, one at a time
    store           what was taken, by gateway
    reporting       later reports: the state changes, and webhooks call whoever is to know, signed as the gateway signs

Money is at stake here, so the record counts a message as accepted when the gateway would charge for it: at Solapi when
its group is sent, at the others when the request is taken.
"""
