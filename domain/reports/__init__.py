"""What can be taken out as a file: subjects, columns, exports, and links to them; and monthly statements."""
