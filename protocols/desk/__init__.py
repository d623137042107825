"""The desk in the browser, at ``/desk``: pages and scripts over the API (`protocols.api`)."""
