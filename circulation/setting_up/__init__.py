"""The set-up of the library as text: reading it, comparing it with what is stored, applying it.

`tiro apply` is `reading.read`, then `applying.plan` to show the changes and `applying.apply_set_up`
to make them, in one transaction.
"""
