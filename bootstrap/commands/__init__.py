"""One module per command group, each a function `register_…(app)` that adds its commands to the command line."""
