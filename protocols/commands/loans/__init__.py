"""Commands that lend, take back and renew."""
