"""Is everything there that the server needs, and as it should be? (`tiro check`)"""
