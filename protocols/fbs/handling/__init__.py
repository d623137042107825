"""What each call does, over the verbs of circulation: one answer, the same for all versions."""
