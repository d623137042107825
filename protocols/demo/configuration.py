"""The demo library's tiro.toml: a configuration to start from, with comments."""

from __future__ import annotations

from secrets import token_hex
from string import Template
from typing import Final

from circulation.patrons.pins import hash_pin

_TEMPLATE = Template("""\
# The configuration of this library, written by `tiro demo`. Change it as you like: it is not
# written again. Other commands find it by --config or the variable TIRO_CONFIG.

[database]
url = "sqlite:///tiro.sqlite" # beside this file; or postgresql://USER:PASSWORD@HOST/NAME

[circulation]
# National numbers are kept as hashes under this key. Keep it, and keep it secret.
identifier_key = "$identifier_key"
seal_key = "$seal_key" # and sealed under this one, for Digital Post
any_day = true # fit for a demo only: `tiro jobs run --date` takes days that have not come

[http]
port = $http

# Messages to patrons: a channel for each word that the rules name ([[notices]] of the set-up). Here
# every one is written to a file. For e-mail: driver = "smtp", host, sender, user, password; for
# texts: driver = "http_sms", url, token, sender.
[notices]
region = "DK" # where telephone numbers without a country code belong
every = 2.0 # seconds

[notices.channels.email]
driver = "files"
folder = "outbox/email"

[notices.channels.sms]
driver = "files"
folder = "outbox/sms"

[notices.channels.push]
driver = "files"
folder = "outbox/push"
form = "json"

[notices.channels.digital_post]
driver = "files"
folder = "outbox/digital_post"
form = "pdf"

[notices.channels.print]
driver = "print"
folder = "outbox/print"

[operations]
enabled = true
port = $operations # /metrics for Prometheus, /health, /ready

[z3950]
port = $z3950

[ncip]
port = $ncip # raw TCP; over HTTP it is at /ncip
any_partner = true # fit for a demo only: every FromAgencyId is taken as a partner
branch = "DK-900101" # where such a partner's loans are made

[sip2]
port = $sip2
https = true # XML by POST to /rest/sip2/AGENCY on the HTTP port, as Danish kiosks speak it

[[sip2.accounts]] # a self-service machine; passwords are argon2id hashes
login = "kiosk"
password = "$kiosk"
kind = "self-service"
branch = "DK-900101" # where AP and AO name no other branch of its agency

[[sip2.accounts]] # a sorting machine
login = "sorter"
password = "$sorter"
kind = "sorter"
branch = "DK-900101"

[api]
basic_authentication = true # fit for a demo only: curl -u desk:desk

[fbs] # what Danish web sites ask, at /external of the HTTP port
enabled = true
tokens = "tokens.toml"
category = "adult" # of patrons who register on the web

[oai] # what harvesters copy, at /oai of the HTTP port
enabled = true
namespace = "demo.tiro.example" # in the identifiers of records: a domain name of the library
admin_email = "library@tiro.example"

[borrower_check] # what log-in platforms ask, at /borchk of the HTTP port
enabled = true
addresses = ["127.0.0.1", "::1"]

[discovery] # what discovery systems ask: PAIA at /paia, DAIA at /daia of the HTTP port
enabled = true
portals = ["127.0.0.1", "::1"] # patrons come through them: a wrong PIN counts for its card alone
""")

#: What stands in tokens.toml of a demo, beside tiro.toml.
TOKENS: Final = """\
# Bearer tokens, as a web site shows them, and what they mean: fit for a demo only. In their place
# [fbs.provider] of tiro.toml names who gives them out.

[[tokens]] # of the library's web site
token = "demo-site"
agency = "DK-900100"

[[tokens]] # of a patron who is logged in there
token = "demo-patron"
agency = "DK-900100"
patron = "P0000001"
"""


#: The ports of a demo where they are free and none are asked for, by section.
PORTS: Final = {"sip2": 6001, "z3950": 2100, "http": 8080, "ncip": 3121, "operations": 9464}


def demo_configuration(**ports: int) -> str:
    """The text of tiro.toml with these ports, by section; the others are those of `PORTS`."""
    return _TEMPLATE.substitute(
        PORTS | ports,
        identifier_key=token_hex(32),
        seal_key=token_hex(32),
        kiosk=hash_pin("kiosk"),
        sorter=hash_pin("sorter"),
    )
