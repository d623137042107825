"""The ASN.1 of Z39.50-2003 (4.1) by facility: what each message holds, and how it looks on the
wire.

Names are the standard's, those of fields in snake case. They are declared as `wire/asn1` says.
"""
