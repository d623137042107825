"""The demo library's tiro.toml: a configuration to start from, with comments."""

from __future__ import annotations

from secrets import token_hex
from string import Template

from circulation.pins import hash_pin

_TEMPLATE = Template("""\
# The configuration of this library, written by `tiro demo`. Change it as you like: it is not
# written again. Other commands find it by --config or the variable TIRO_CONFIG.

[database]
url = "sqlite:///tiro.sqlite" # beside this file; or postgresql://USER:PASSWORD@HOST/NAME

[circulation]
# National numbers are kept as hashes under this key. Keep it, and keep it secret.
identifier_key = "$identifier_key"

[http]
port = $http

[z3950]
port = $z3950

[ncip]
port = $ncip # raw TCP; over HTTP it is at /ncip
any_partner = true # fit for a demo only: every FromAgencyId is taken as a partner
branch = "DK-900101" # where such a partner's loans are made

[sip2]
port = $sip2

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
""")


def demo_configuration(
    sip2: int = 6001, z3950: int = 2100, http: int = 8080, ncip: int = 3121
) -> str:
    """The text of tiro.toml with these ports."""
    return _TEMPLATE.substitute(
        sip2=sip2,
        z3950=z3950,
        http=http,
        ncip=ncip,
        identifier_key=token_hex(32),
        kiosk=hash_pin("kiosk"),
        sorter=hash_pin("sorter"),
    )
