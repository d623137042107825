"""The official schemas of remote print, put together so that libxml2 reads them.

They import several files for one namespace, of which libxml2 takes the first only: so all files
of a namespace become one schema, and every import names that.
"""

from __future__ import annotations

from pathlib import Path

from lxml import etree

_XSD = "{http://www.w3.org/2001/XMLSchema}"


def fjernprint_schema(shared: Path, folder: Path) -> etree.XMLSchema | etree.RelaxNG:
    """``ForsendelseI`` and its collection; `folder` is where the schemas are put together."""
    own = shared / "data" / "memo" / "fjernprint.rng"
    if own.exists():
        return etree.RelaxNG(etree.parse(own))
    schemas: dict[str, list[etree._Element]] = {}
    for file in sorted((shared / "data" / "memo" / "fjernprint-xsd").glob("*.xsd")):
        root = etree.parse(file).getroot()
        schemas.setdefault(root.get("targetNamespace") or "", []).append(root)
    names = {namespace: f"{number}.xsd" for number, namespace in enumerate(schemas)}
    for namespace, roots in schemas.items():
        whole = etree.Element(f"{_XSD}schema", targetNamespace=namespace)
        for number, root in enumerate(roots):
            for child in root.findall(f"{_XSD}include"):
                root.remove(child)
            for child in root.findall(f"{_XSD}import"):
                if child.get("namespace") == namespace:  # as one of the files does
                    root.remove(child)
                    continue
                child.set("schemaLocation", names[child.get("namespace") or ""])
            part = f"{names[namespace]}.{number}.xsd"
            (folder / part).write_bytes(etree.tostring(root))
            etree.SubElement(whole, f"{_XSD}include", schemaLocation=part)
        (folder / names[namespace]).write_bytes(etree.tostring(whole))
    entry = etree.Element(f"{_XSD}schema")
    for namespace, name in names.items():
        etree.SubElement(entry, f"{_XSD}import", namespace=namespace, schemaLocation=name)
    (folder / "all.xsd").write_bytes(etree.tostring(entry))
    return etree.XMLSchema(etree.parse(folder / "all.xsd"))
