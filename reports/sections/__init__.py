"""The sections of a report as plain values, whatever they are rendered to."""
