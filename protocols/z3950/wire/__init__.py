"""The octets: BER, the standard's ASN.1 as tables, and decoders and encoders made from them."""
