"""Write libs.lock anew from pom.xml: one line `group:artifact:version sha256` per jar, sorted.

For the maintainer only (`make jars-lock`, needs Maven). Maven chooses the versions, because it reads the whole graph
with its dependency management; the installer reads nothing but the lock.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def locked_line(listed: str) -> str:
    """One line of `dependency:list` (`group:artifact:jar:version:scope:/path/of.jar`) as one line of the lock."""
    group, artifact, kind, version, _scope, path = listed.strip().split(":", 5)
    if kind != "jar":
        raise ValueError(f"{group}:{artifact} is a {kind}, not a jar")
    digest = hashlib.sha256(Path(path.split(" -- ")[0]).read_bytes()).hexdigest()
    return f"{group}:{artifact}:{version} {digest}"


def main() -> None:
    """Run Maven and replace libs.lock."""
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "list.txt"
        subprocess.run(  # noqa: S603
            ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:list", "-DincludeScope=runtime",  # noqa: S607
             "-DoutputAbsoluteArtifactFilename=true", f"-DoutputFile={listing}"],
            check=True,
        )  # fmt: skip
        lines = sorted(locked_line(line) for line in listing.read_text("utf-8").splitlines() if ":jar:" in line)
    (HERE / "libs.lock").write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{len(lines)} jars locked", file=sys.stderr)


if __name__ == "__main__":
    main()
