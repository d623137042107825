import circulation.assembly  # noqa: F401  the features join before anything is done
