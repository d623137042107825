"""`tiro sip2 check`: what is off with a SIP2 server, ours or another's.

`findings` says what a finding is, `answers` holds an answer against the standard, `visit` speaks
to the server, and the probes are in `lines` (frames and error detection), `messages` (what is
offered and answered) and `lending` (a patron and an item of the library). `probes` puts them in
their order.
"""
