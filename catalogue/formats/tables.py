"""Tables that give the codes of MARC 21 in the words of MODS and Dublin Core.

Sources: https://www.loc.gov/marc/bibliographic/ ; https://www.loc.gov/standards/mods/ ;
https://www.dublincore.org/specifications/dublin-core/dcmi-type-vocabulary/
"""

from __future__ import annotations

from typing import Final

#: Leader/06 as typeOfResource.
RESOURCE_TYPES: Final = {
    "a": "text", "t": "text", "c": "notated music", "d": "notated music", "e": "cartographic",
    "f": "cartographic", "g": "moving image", "i": "sound recording-nonmusical",
    "j": "sound recording-musical", "k": "still image", "m": "software, multimedia",
    "o": "mixed material", "p": "mixed material", "r": "three dimensional object",
}  # fmt: skip

#: typeOfResource in the DCMI type vocabulary.
DCMI_TYPES: Final = {
    "text": "Text", "notated music": "Text", "cartographic": "Image",
    "moving image": "MovingImage", "sound recording-nonmusical": "Sound",
    "sound recording-musical": "Sound", "still image": "StillImage",
    "software, multimedia": "Software", "mixed material": "Collection",
    "three dimensional object": "PhysicalObject",
}  # fmt: skip

#: 008/23 or 29 as physicalDescription/form.
FORMS: Final = {
    "a": "microfilm", "b": "microfiche", "c": "microopaque", "d": "large print", "f": "braille",
    "o": "electronic", "q": "electronic", "r": "print", "s": "electronic",
}  # fmt: skip

#: 008/22 as targetAudience.
AUDIENCES: Final = {
    "a": "preschool", "b": "primary", "c": "pre-adolescent", "d": "adolescent", "e": "adult",
    "f": "specialized", "g": "general", "j": "juvenile",
}  # fmt: skip

#: Indicator 2 of subject headings as the code of the thesaurus.
THESAURI: Final = {
    "0": "lcsh", "1": "lcshac", "2": "mesh", "3": "nal", "5": "csh", "6": "rvm",
}  # fmt: skip

#: Indicator 1 of field 024.
IDENTIFIERS_024: Final = {"0": "isrc", "1": "upc", "2": "ismn", "3": "ean", "4": "sici"}

#: Fields that become notes, with the type of note.
NOTES: Final = {
    "500": "", "501": "with", "502": "thesis", "504": "bibliography", "507": "",
    "508": "creation/production credits", "510": "citation/reference", "511": "performers",
    "513": "", "514": "", "515": "numbering", "516": "", "518": "venue", "522": "", "525": "",
    "530": "additional physical form", "533": "reproduction", "534": "original version",
    "535": "original location", "536": "funding", "538": "system details", "541": "acquisition",
    "545": "biographical/historical", "546": "language", "550": "", "555": "", "561": "ownership",
    "580": "", "581": "publications", "583": "action", "585": "exhibitions", "586": "",
}  # fmt: skip

#: Linking entries with the type of relatedItem.
RELATED: Final = {
    "760": "series", "762": "constituent", "765": "", "767": "otherVersion", "770": "constituent",
    "772": "host", "773": "host", "774": "constituent", "775": "otherVersion",
    "776": "otherFormat", "777": "", "780": "preceding", "785": "succeeding", "786": "original",
    "787": "",
}  # fmt: skip
