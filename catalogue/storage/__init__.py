"""Storage: the two kinds of database, their threads, outages and replicas."""
