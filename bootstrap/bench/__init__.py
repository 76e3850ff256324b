"""`automata-signal bench`: what this machine can do, measured on a whole installation and reported as JSON.

    command.py ──► bench.py ──► rig.py        the installation under measurement: stack, tenants, meters
                      │           ├─► spread.py      mean and percentiles
                      │           ├─► tenant.py      an application with credentials and subscriptions, over REST
                      │           ├─► cpu.py         CPU seconds of process trees
                      │           ├─► watch.py       what PostgreSQL says: settled, latencies, connections
                      │           └─► load.py        the load generator, a process of its own
                      ├─► delivery_runs.py    throughput, paced, ramp: accepted until settled
                      ├─► accept_runs.py      burst, single sends, quotas: accepting only
                      ├─► scale_run.py        the same work over a small and over a large table
                      ├─► campaign_runs.py    rendering, pacing, single sends beside a campaign, and last
                      │     └─► fan_out_runs.py     recipients into messages, by unbounded_scheduler.py
                      └─► baseline_run.py ──► baseline.py   the same work, one message at a time, stock aioapns
    channel_runs.py ── `--channel`: CPU a message of each channel by itself, and channels side by side, one of them sick
       ├─► email_runs.py   SES and SMTP, with and without DKIM
       └─► texts_run.py    text messages and AlimTalk
PostgreSQL and NATS run durably (fsync on), as in production; providers are the simulator, which answers at once.
"""
