"""The messages to patrons: event, rule, template, channel, log.

`requests.request_notice` is how the engine has somebody told of something.
"""
