"""Language codes of patrons: ISO 639-1, as they are held -> ISO 639-2/B, as NCIP wants them."""

from __future__ import annotations

_PAIRS = """
    aa aar  ab abk  af afr  am amh  ar ara  az aze  be bel  bg bul  bn ben  bo tib  bs bos
    ca cat  cs cze  cy wel  da dan  de ger  el gre  en eng  eo epo  es spa  et est  eu baq
    fa per  fi fin  fo fao  fr fre  fy fry  ga gle  gd gla  gl glg  gu guj  ha hau  he heb
    hi hin  hr hrv  hu hun  hy arm  id ind  is ice  it ita  ja jpn  ka geo  kk kaz  kl kal
    km khm  kn kan  ko kor  ku kur  ky kir  la lat  lb ltz  lo lao  lt lit  lv lav  mk mac
    ml mal  mn mon  mr mar  ms may  mt mlt  my bur  nb nob  ne nep  nl dut  nn nno  no nor
    pa pan  pl pol  ps pus  pt por  ro rum  ru rus  rw kin  se sme  sk slo  sl slv  so som
    sq alb  sr srp  sv swe  sw swa  ta tam  te tel  th tha  ti tir  tl tgl  tr tur  uk ukr
    ur urd  uz uzb  vi vie  yi yid  zh chi
"""

_WORDS = _PAIRS.split()
ISO_639_2: dict[str, str] = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
ISO_639_1: dict[str, str] = {long: short for short, long in ISO_639_2.items()}
