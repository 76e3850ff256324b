"""The HTTP frame that REST and the client API share: routes as values, bodies, problems, limits, OpenAPI, docs page."""
