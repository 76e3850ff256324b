"""What all channels stand on; it knows none of them.

sender       one batch in, one outcome per envelope out, over the route of the batch's type and credential
delivery     drives one batch: N coroutines, stops, pacing, cancellation, every envelope reported exactly once
courier      what a route has to offer to be driven like that, one envelope or many a request
vendor       a provider as the contract wants it, from its fields and what it can do
plain_channel  a plug-in made of its parts, for channels that need no more
exchange     one HTTP exchange as a value; status_rules: what a status means by itself
verdict      the vocabulary of answer tables, and how a mark becomes an outcome
transport    HTTP clients, the in-flight bound per host, what a transport failure means
callback_urls  where a provider calls back
breaker      stops sending to a provider that is down; pacer: starts sends at a reserved rate
retry_after  the Retry-After header; recent: a small cache of what was used last
"""
