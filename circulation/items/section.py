"""What library.toml says of items: names of places, and what the things of a group are."""

from __future__ import annotations

from catalogue.schema import items
from circulation.items.levels import LEVELS
from circulation.items.media import MediaType, said_of_media, set_media
from circulation.items.places import all_place_names, forget_place_name, store_place_name
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.parts import AGENCY, GROUP, Fields, Key, Noun
from circulation.sections.sections import Changes, Reading, Section, Stored, Storing


def _called(key: Key) -> Sentence:
    agency, level, code = key
    return Sentence("PLACEMENT_OF", level=Sentence(f"LEVEL_{level}"), code=code, agency=agency)


#: Agency, level, code -> name.
PLACEMENT = Noun("placement", _called)
_SECTIONS = {f"{level}s": level for level in LEVELS}


class PlacementSection(Section):
    shape = '[agencies.ISIL.departments]   code = "Name"; and so locations, sublocations, sections'
    adds = {AGENCY: tuple(_SECTIONS)}
    nouns = (PLACEMENT,)
    tables = {"placement_names": "agencies"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        for (isil,), path, table in reading.written(AGENCY):
            for plural, level in _SECTIONS.items():
                own = (*path, plural)
                codes = source.table(own, table.get(plural, {}))
                for code in codes:
                    name = source.text(own, codes, code) or ""
                    reading.add(PLACEMENT, (isil, level, code), {"name": name}, (*own, code))

    def load(self, stored: Stored) -> None:
        for agency_id, level, code, name in all_place_names(stored.transaction):
            key = (stored.agency_isil[agency_id], level, code)
            stored.parts.add(PLACEMENT, key, {"name": name})

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        isil, level, code = change.key
        agency = storing.agency(isil)
        store_place_name(storing.transaction, agency, level, code, fields["name"])

    def forget(self, storing: Storing, change: Change) -> None:
        isil, level, code = change.key
        agency_id = storing.agency(isil)
        forget_place_name(storing.transaction, agency_id=agency_id, level=level, code=code)


class MediaSection(Section):
    """What a material group says of its things; None where it says nothing."""

    shape = '[groups]   code = { name = "Film", media_type = "video", magnetic = true }'
    named_in = {GROUP: items.c.material_group}
    adds = {GROUP: ("media_type", "magnetic")}

    def read(self, reading: Reading) -> None:
        source = reading.source
        words = tuple(each.value for each in MediaType)
        for key, path, table in reading.written(GROUP):
            fields: Fields = {"media_type": None, "magnetic": None}
            if "media_type" in table:
                fields["media_type"] = source.choice(path, table, "media_type", words, "other")
            if "magnetic" in table:
                fields["magnetic"] = source.flag(path, table, "magnetic", False)
            reading.parts.of[GROUP][key] |= fields

    def load(self, stored: Stored) -> None:
        for code, (media_type, magnetic) in said_of_media(stored.transaction).items():
            fields = {"media_type": media_type, "magnetic": magnetic}
            stored.parts.of[GROUP][code,] |= fields

    def write(self, storing: Storing, changes: Changes) -> None:
        for change in changes[GROUP]:
            if (after := change.after) is not None:
                said = {name: after[name] for name in ("media_type", "magnetic")}
                set_media(storing.transaction, code=change.key[0], **said)
