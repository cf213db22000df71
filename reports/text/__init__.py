"""Sentences, and the report as Markdown, terminal lines and CSV."""
