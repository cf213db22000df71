"""Command-line programs as functions of a picture: written to a file, resized, read again."""
