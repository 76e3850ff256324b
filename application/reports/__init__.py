"""Use cases of reports: files of rows, and monthly statements."""
