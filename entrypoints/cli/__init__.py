"""The command line's faces: what commands print, for people and for machines."""
