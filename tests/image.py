"""`make image`: the image of deploy/Containerfile, built and started once.

    python -m tests.image [--base IMAGE]

No registry is asked: the base is made of Debian's packages (debootstrap), with a Python of
Debian's. With --base it is that image. In a container of the image `tiro --version` is that of
this checkout, and `tiro demo` gets ready and shows the desk. Needs buildah, debootstrap and root;
all that it makes is in a temporary folder, and goes with it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.distributions import version
from tests.servers import free_ports

ROOT = Path(__file__).parent.parent
SUITE = "trixie"
#: What the base of the Containerfile has, besides what every Debian has.
PACKAGES = ("ca-certificates", "python3", "python3-venv")
#: Whom this host trusts, such as a proxy between it and the world.
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
ENVIRONMENT = (
    "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    f"SSL_CERT_FILE={TRUSTED}",
    f"PIP_CERT={TRUSTED}",
)
BASE, IMAGE = "localhost/tiro-base", "localhost/tiro-tried"
#: Ours: a builder that is contained itself may not raise any.
LIMITS = tuple(
    f"--ulimit={name}={soft}:{hard}"
    for name, (soft, hard) in (
        ("nofile", resource.getrlimit(resource.RLIMIT_NOFILE)),
        ("nproc", resource.getrlimit(resource.RLIMIT_NPROC)),
    )
)
PATIENCE = 300.0


class Builder:
    """buildah with a store of its own, which needs neither a daemon nor namespaces."""

    def __init__(self, folder: Path) -> None:
        store = (f"--root={folder / 'store'}", f"--runroot={folder / 'run'}")
        self.command = ("buildah", *store, "--storage-driver=vfs")

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            [*self.command, *words], cwd=ROOT, check=False, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"buildah {words[0]}: {done.stderr[-3000:]}")
        return done.stdout.strip()

    def base(self, folder: Path) -> str:
        """The image of a new Debian with Python."""
        command = ("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}")
        log = folder / "debootstrap.log"
        with log.open("w") as output:
            done = subprocess.run(
                [*command, SUITE, str(folder / "root")],
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode:
            sys.exit(f"debootstrap: {log.read_text()[-3000:]}")
        (folder / "root/usr/local/bin/python").symlink_to("/usr/bin/python3")
        if TRUSTED.exists():
            shutil.copy(TRUSTED, folder / f"root{TRUSTED}")
        container = self("from", "scratch")
        self("copy", container, str(folder / "root"), "/")
        for each in ENVIRONMENT:
            self("config", "--env", each, container)
        self("commit", "--rm", container, BASE)
        return BASE

    def image(self, base: str) -> str:
        """That of the Containerfile on a base."""
        options = ("--isolation=chroot", f"--build-arg=BASE={base}", "--pull=never")
        options += (f"--build-arg=VERSION={version()}",)
        self("build", *options, *LIMITS, "-f", "deploy/Containerfile", "-t", IMAGE, ".")
        return IMAGE


def try_it(builder: Builder, image: str) -> None:
    """Starts what the image is for, and looks at the desk."""
    container = builder("from", "--pull=never", *LIMITS, image)
    run = ("run", "--isolation=chroot", container, "--")
    said = builder(*run, "tiro", "--version")
    assert said.endswith(version()), said
    sip2, z3950, http, ncip = map(str, free_ports(4))
    ports = ("--sip2-port", sip2, "--z3950-port", z3950, "--http-port", http, "--ncip-port", ncip)
    demo = ("tiro", "demo", "--patrons", "5", "--operations-port", "0", *ports)
    command = [*builder.command, *run, *demo]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, start_new_session=True, **quiet) as process:
        try:
            until = time.monotonic() + PATIENCE
            while not _shows(f"http://127.0.0.1:{http}/desk"):
                assert process.poll() is None, "the demo has ended"
                assert time.monotonic() < until, "the desk is not shown"
                time.sleep(1)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
    print(f"{image}: tiro {version()} serves the desk")


def _shows(address: str) -> bool:
    try:
        with urlopen(address, timeout=10) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", help="an image to build on, in place of a new Debian")
    asked = parser.parse_args()
    needed = ("buildah",) if asked.base else ("buildah", "debootstrap")
    if missing := [name for name in needed if shutil.which(name) is None]:
        sys.exit(f"{' and '.join(missing)} missing: on Debian, apt-get install {' '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="tiro-image-") as name:
        builder = Builder(Path(name))
        try_it(builder, builder.image(asked.base or builder.base(Path(name))))


if __name__ == "__main__":
    main()
