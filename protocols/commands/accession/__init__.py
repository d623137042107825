"""Commands on new items: deliveries received, copies made ready to lend."""
