"""The library's set-up as text: reading it, comparing it with what is stored, applying it.

`tiro apply` is `reading.read` -> `stored.stored_parts` -> `difference.differences` ->
`applying.apply_changes`, the last three in one transaction.
"""
