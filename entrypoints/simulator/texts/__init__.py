"""Gateways for text messages and AlimTalk, as the simulator plays them: Solapi, NHN Cloud (two services), Twilio.

    desk            which gateway a path belongs to
    solapi          groups and sends; solapi_signature, solapi_rules: what it checks; solapi_queries: what it tells;
                    solapi_shapes: its JSON
    nhn             both services' sends and templates; nhn_queries: what it tells of them; nhn_shapes: its JSON
    twilio          messages, one at a time
    templates       AlimTalk templates of Solapi and NHN Cloud
    fates           what the script has in store for a message
    store           what was taken, by gateway
    reporting       later reports: the state changes, and webhooks call whoever is to know, signed as the gateway signs

Money is at stake here, so the record counts a message as accepted when the gateway would charge for it: at Solapi when
its group is sent, at the others when the request is taken.
"""
