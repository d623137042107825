"""What the codecs of several standards share."""
