"""Links that recipients follow from a mail: the way out `/u/`, redirects `/c/`, the picture `/o/`. No login, no cookie."""
