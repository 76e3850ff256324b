"""One module a part of the dashboard: its pages, and the actions of their forms."""
