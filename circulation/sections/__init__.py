"""The sections of library.toml: what each reads and stores, and those of the organisation."""
