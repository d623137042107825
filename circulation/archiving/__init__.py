"""Everything a library has, in open formats: written out of a database and read into one."""
