"""Makes and verifies the test vectors in ``golden/vectors``: cases, faults, sets, files. numpy only."""
