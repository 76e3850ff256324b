"""`automata-signal demo --channels all`: people with a subscription on every channel, and an audit of what became of each message.

run.py ──► accounts.py   an application with credentials and prices, and the script that the simulator plays
   ├────► people.py      who is registered where, and what befalls whom (script.py)
   ├────► sending.py     one message on every channel, one AlimTalk with a text to fall back to
   ├────► on_screen.py   what apps do with in-app messages, where that channel is installed
   └────► evidence.py ──► audit.py   what was scripted, what PostgreSQL holds, what the simulator received, what was charged
"""
