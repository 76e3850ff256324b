"""SQLAlchemy Core tables of the control plane, one file a context; the hot tables are spoken to in plain SQL."""
