"""What the new system would have said beside what the old one did: compared, grouped, explained."""
