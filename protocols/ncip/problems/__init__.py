"""Problems: their types, which of them a service may use, and the one for every reason."""
