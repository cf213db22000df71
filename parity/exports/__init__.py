"""The export matrix: what each exporter and each runtime make of a resize call."""
