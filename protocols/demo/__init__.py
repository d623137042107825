"""The demo library: a configuration to start from, and a catalogue of real works as records."""
