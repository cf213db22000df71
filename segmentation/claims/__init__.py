"""Claims about ``align_corners`` from documentation, tutorials and threads, each decided exactly."""
