"""The messages to patrons: event, rule, template, outbox, channel, log."""
