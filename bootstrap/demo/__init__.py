"""`automata-signal demo`: thousands of real pushes through the whole system, then an audit of every single one.

    run.py ──► application.py   a fresh application with credentials of its own (provider_credentials.py)
       ├────► devices.py        registered one by one through the client API, as installs do
       ├────► sending.py        one batch call, and the same call again
       │      campaign.py       or with --campaign: a template, launched for everybody
       ├────► watching.py       until every message is settled and every receipt is in
       └────► evidence.py ──► audit.py   what callers were told, what PostgreSQL holds, what the simulator received
channels/ is the demo of every channel, with an audit of its own.
`up` uses application.py and devices.py for the ten devices of its demo application.
"""
