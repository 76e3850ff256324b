"""Rows to columns: Parquet files."""
