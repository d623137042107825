"""Languages as people and programs name them, to the codes that records have.

MARC 21 and danMARC2 write the bibliographic codes of ISO 639-2. Searchers also send the
terminological ones (``deu``), those of ISO 639-1 (``de``), codes that MARC has given up (``scr``)
and names: English, Danish, and the language's own where it is often asked for so.
"""

from __future__ import annotations

from catalogue.index.numbers import language_keys, number_key

#: For each language its code in MARC, that of ISO 639-1 (``-`` where it has none), then names and
#: other codes; words of one name are joined by ``_``.
_LANGUAGES = """
aar aa afar; abk ab abkhaz abkhazian abkhasisk; afr af afrikaans; aka ak akan; akk - akkadian
alb sq sqi albanian albansk; amh am amharic amharisk; ang - old_english anglo-saxon oldengelsk
ara ar arabic arabisk; arc - aramaic aramæisk; arg an aragonese; arm hy hye armenian armensk
asm as assamese; ava av avaric; ave ae avestan; aym ay aymara; aze az azerbaijani aserbajdsjansk
bak ba bashkir; bam bm bambara; baq eu eus basque baskisk euskara; bel be belarusian hviderussisk
ben bn bengali bangla; bho - bhojpuri; bis bi bislama; bos bs bosnian bosnisk
bre br breton bretonsk; bul bg bulgarian bulgarsk; bur my mya burmese burmesisk
cat ca catalan catalansk català; ceb - cebuano; cha ch chamorro; che ce chechen tjetjensk
chi zh zho chinese kinesisk mandarin; chr - cherokee
chu cu church_slavic old_church_slavonic kirkeslavisk; chv cv chuvash; cop - coptic koptisk
cor kw cornish kornisk; cos co corsican korsikansk; cre cr cree; crp - creole pidgin
cze cs ces czech tjekkisk čeština; dan da danish dansk; div dv divehi maldivian; dum - middle_dutch
dut nl nld dutch flemish hollandsk nederlandsk flamsk nederlands; dzo dz dzongkha; egy - egyptian
eng en english engelsk; enm - middle_english middelengelsk; epo eo esperanto
est et estonian estisk eesti; ewe ee ewe; fao fo faroese færøsk føroyskt far; fij fj fijian
fil - filipino; fin fi finnish finsk suomi; fon - fon; fre fr fra french fransk français
frm - middle_french; fro - old_french oldfransk; fry fy frisian west_frisian frisisk fri
ful ff fulah fula; geo ka kat georgian georgisk; ger de deu german tysk deutsch
gez - geez ethiopic; gla gd gaelic scottish_gaelic scots_gaelic gælisk gae; gle ga irish irsk iri
glg gl galician galicisk gag; glv gv manx; gmh - middle_high_german middelhøjtysk
goh - old_high_german oldhøjtysk; got - gothic gotisk; grc - ancient_greek classical_greek oldgræsk
gre el ell greek modern_greek græsk nygræsk; grn gn guarani gua; gsw - swiss_german alemannic
guj gu gujarati; hat ht haitian haitian_creole; hau ha hausa; haw - hawaiian
heb he hebrew hebraisk; her hz herero; hin hi hindi; hmn - hmong; hmo ho hiri_motu
hrv hr croatian kroatisk hrvatski scr; hun hu hungarian ungarsk magyar; ibo ig igbo
ice is isl icelandic islandsk íslenska; ido io ido; iii ii sichuan_yi; iku iu inuktitut
ile ie interlingue occidental; ilo - ilocano; ina ia interlingua int; ind id indonesian indonesisk
ipk ik inupiaq; ita it italian italiensk italiano; jav jv javanese javanesisk
jpn ja japanese japansk; kal kl kalaallisut greenlandic grønlandsk esk; kan kn kannada
kas ks kashmiri; kau kr kanuri; kaz kk kazakh kasakhisk; khm km khmer cambodian kambodjansk cam
kik ki kikuyu; kin rw kinyarwanda; kir ky kyrgyz kirghiz kirgisisk; kom kv komi; kon kg kongo
kor ko korean koreansk; kua kj kwanyama; kur ku kurdish kurdisk; lad - ladino judeo-spanish
lao lo lao laotian laotisk; lat la latin latinsk; lav lv latvian lettisk; lim li limburgish
lin ln lingala; lit lt lithuanian litauisk; ltz lb luxembourgish luxembourgsk; lub lu luba-katanga
lug lg ganda luganda; mac mk mkd macedonian makedonsk; mah mh marshallese; mal ml malayalam
mao mi mri maori; mar mr marathi; may ms msa malay malajisk; mlg mg malagasy madagaskisk mla
mlt mt maltese maltesisk; mon mn mongolian mongolsk; moh - mohawk; nah - nahuatl
nau na nauru nauruan; nav nv navajo; nbl nr south_ndebele; nde nd north_ndebele; ndo ng ndonga
nds - low_german plattysk plattdeutsch; nep ne nepali
nno nn nynorsk norwegian_nynorsk nynorsk_norsk; nob nb bokmål norwegian_bokmål
non - old_norse oldnordisk oldislandsk; nor no norwegian norsk; nya ny nyanja chichewa
oci oc occitan provençal occitansk lan; oji oj ojibwa; ori or oriya odia; orm om oromo gal
oss os ossetic ossetian; ota - ottoman_turkish osmannisk; pal - pahlavi; pan pa panjabi punjabi
pap - papiamento; per fa fas persian farsi persisk; pli pi pali; pol pl polish polsk polski
por pt portuguese portugisisk português; pro - old_occitan; pus ps pushto pashto; que qu quechua
raj - rajasthani; roh rm romansh rætoromansk; rom - romani romany
rum ro ron mo mol romanian moldavian rumænsk; run rn rundi kirundi; rus ru russian russisk
sag sg sango; san sa sanskrit; sco - scots; sga - old_irish oldirsk; sin si sinhala sinhalese snh
slo sk slk slovak slovakisk; slv sl slovenian slovene slovensk; sma - southern_sami sydsamisk
sme se northern_sami nordsamisk; smi - sami samisk lap; smj - lule_sami lulesamisk
smn - inari_sami; smo sm samoan sao; sms - skolt_sami; sna sn shona sho; snd sd sindhi
som so somali somalisk; sot st sotho sesotho sso; spa es spanish castilian spansk español
srd sc sardinian sardisk; srp sr serbian serbisk scc; ssw ss swati swazi swz; sun su sundanese
swa sw swahili; swe sv swedish svensk svenska; syc - syriac syrisk; syr - modern_syriac
tah ty tahitian; tam ta tamil tamilsk; tat tt tatar tatarisk tar; tel te telugu
tgk tg tajik tadsjikisk taj; tgl tl tagalog tag; tha th thai thailandsk
tib bo bod tibetan tibetansk; tir ti tigrinya; ton to tonga tongan; tpi - tok_pisin
tsn tn tswana tsw; tso ts tsonga; tuk tk turkmen turkmensk; tur tr turkish tyrkisk; twi tw twi
uga - ugaritic; uig ug uighur uyghur uigurisk; ukr uk ukrainian ukrainsk; urd ur urdu
uzb uz uzbek usbekisk; ven ve venda; vie vi vietnamese vietnamesisk; vol vo volapük
wel cy cym welsh walisisk kymrisk; wln wa walloon; wol wo wolof; xho xh xhosa
yid yi yiddish jiddisch; yor yo yoruba; zha za zhuang; zul zu zulu
"""


def _name(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def _codes_by_name() -> dict[str, tuple[str, ...]]:
    """For each name or code the codes that records may have: that of MARC, and for a name or a code
    that MARC does not use also the others of three letters, which records written by other rules
    have."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in _LANGUAGES.replace("\n", ";").split(";"):
        if not entry.strip():
            continue
        code, *others = entry.split()
        codes = (code, *(each for each in others if len(each) == 3 and each.islower()))
        found |= dict.fromkeys(map(_name, others), tuple(dict.fromkeys(codes)))
        found[code] = (code,)
    del found["-"]
    return found


_CODES = _codes_by_name()
#: What stands around the name of a language without being part of it.
_AROUND = " .,;:()[]\"'"


def language_codes(text: str) -> tuple[str, ...]:
    """The codes of records in the language that the text names, the usual one first; empty where
    it names none. A code that MARC has, or that is in no table, stands for itself."""
    name = _name(text.strip(_AROUND))
    known = _CODES.get(name)
    if known is not None:
        return known
    return tuple(language_keys(name)) if len(number_key(name)) == len(name) == 3 else ()
