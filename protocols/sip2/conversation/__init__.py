"""What a connection goes through and has agreed on."""
