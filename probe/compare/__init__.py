"""Compare what was measured with a convention or with another call: verdict, tolerance, cause, reproduction."""
