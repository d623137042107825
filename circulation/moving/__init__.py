"""Moving in: what another system has, loaded from its files and followed until the change."""
