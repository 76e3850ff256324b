"""The provider simulator: a real HTTP/2 + TLS server that plays APNs, FCM and Google's token endpoint.

Everything runs in one process and one event loop, so every listener plays the same script and every request
lands in the same record:

    adapters (or aioapns, firebase-admin, …)                 tests, demo, bench, operators
       │ HTTP/2 + TLS, CA in ca.pem                             │ HTTP/1.1, JSON
       ▼                                                        ▼
    fast_listener ×2            fault_listener               control
    granian: production,        h2: GOAWAY, RST_STREAM,      behaviour, stats, deliveries,
    sandbox                     stream limit 1, no window    requests, devices, keys, reset
       └─────────────┬──────────────┘                           │
                     ▼                                          │
                simulation ── routes by path                    │
                ├─ apns ── provider_tokens (ES256)              │
                ├─ fcm ─── access tokens of oauth               │
                └─ oauth ─ service accounts (RS256)             │
                     │                                          │
                     ▼                                          ▼
                   stage ── draw (script of behaviour, hashes) · recorder
                     │
                     ▼ accepted pushes
                  devices ── POST {url}/v1/client/events → Automata-Signal's client API

- `behaviour`: the script, read from JSON or TOML (`--behaviour`) or put through the control API. Outcomes are
  drawn from a hash of (seed, token, attempt), so runs repeat exactly. `catalogue` holds every error's body.
- `draw`: one attempt's fate. Order: token of the other environment, rules, dead tokens, transient first
  attempts, drawn errors and faults, success. Attempts are counted per message id (`apns-id`; on FCM
  `data.as_mid`, else the notification's tag), or per token where a message carries no id.
- `recorder`: per message and provider how often it arrived and was accepted; totals; the last requests in full.
  A message is counted when it arrives, before its answer's latency: a client that gives up has still sent it.
- `main.run(settings)` serves until SIGTERM or SIGINT; `simulator.json` lists all URLs while it serves.

A minimal session: `python -m entrypoints.simulator --folder var/simulator`, then
`curl -X PUT $control/control/behaviour -d '{"dead_token_share": 0.03, "transient_share": 0.02}'`.
"""
