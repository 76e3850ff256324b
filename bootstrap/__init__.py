"""The composition root: settings, containers, roles, embedded servers and the command line. Nobody imports bootstrap."""
