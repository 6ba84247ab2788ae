# Nothing is left.
