"""library.toml by sections: what each reads, how it is kept, and those of the organisation."""
