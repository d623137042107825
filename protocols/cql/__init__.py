"""CQL, the query language of SRU and of Z39.50's type 104, as searches of the catalogue."""
