"""What people see of the command line: language, terminal, tables and progress; what it does is composed in bootstrap."""
