"""Give each build its own version; all else is in setup.cfg."""

from setuptools import setup

#: The version that is under development.
NEXT = "0.3.0"


def name_version(version) -> str:  # type: ignore[no-untyped-def]
    """Return the version of a tagged commit as it is, and that of any other as NEXT.devN."""
    return str(version.tag) if version.exact else f"{NEXT}.dev{version.distance or 0}"


setup(
    use_scm_version={
        "version_scheme": name_version,
        "local_scheme": "node-and-date",
        "fallback_version": f"{NEXT}.dev0",
    }
)
