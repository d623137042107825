"""The system that the library leaves, as another house has written it.

It knows nothing of Tiro or the proxy: a database, rules, nightly jobs and a SIP2 of its own.
`character.py` says in which ways it differs from the standard and from others.

    python -m tests.cut_over.old_system FOLDER      # prints its port
"""
