"""Where providers call: `/v1/callbacks/<provider>/<application>/<token>`, and nothing else."""
