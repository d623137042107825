"""Commands on bibliographic records and their index."""
