"""PostgreSQL, the truth: engine, tables, repositories of the control plane, and the statements of the hot path."""
