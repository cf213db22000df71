"""The questions: pytest suites put to the rooms below. No arithmetic of their own."""
