"""Problems: their types, those that each service may use, and the one for every reason."""
