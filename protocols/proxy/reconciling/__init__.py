"""The old system and the new one compared, item by item and patron by patron, until they agree."""
