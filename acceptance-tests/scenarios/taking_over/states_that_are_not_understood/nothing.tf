# Nothing is managed.
