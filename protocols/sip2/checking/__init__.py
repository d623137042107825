"""`tiro sip2 check`: finds what is wrong with a SIP2 server, ours or another's. `findings` says
what a finding is, `answers` compares an answer with the standard, `visit` speaks to the server, and
the probes are in `lines` (frames and error detection), `messages` (what is offered and answered)
and `lending` (a patron and an item of the library). `probes` puts them in order.
"""
