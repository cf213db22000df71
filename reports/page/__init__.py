"""HTML pages and SVG badges from Jinja templates."""
