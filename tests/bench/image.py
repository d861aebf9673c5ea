"""Build and run ``docker/Dockerfile`` where there is no Docker: its own lines, in chroots.

    sudo debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
        bookworm BASE http://deb.debian.org/debian
    sudo python tests/bench/image.py BASE WORK build --target cpu
    sudo python tests/bench/image.py BASE WORK run --target cpu --data FOLDER -- demo demo

`BASE` stands in for the Python image (Debian's own Python 3.11, nothing else), so a shared library
that is missing from the Dockerfile is missing here too.  ``run`` does what ``docker run`` does with
``--network none --read-only --tmpfs /tmp --user N``: a network without a device, a root that cannot
be written, another user.  A layer is a whole copy: 2 GB a stage.  Linux, and root.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    """A part of a Dockerfile: what it is built on, its lines, and what came of them."""

    name: str
    base: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "0:0"
    folder: str = "/"
    entry: list[str] = field(default_factory=list)


def parse(text: str) -> tuple[dict[str, str], dict[str, Stage]]:
    """Split a Dockerfile into its first arguments and its stages."""
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", "", text)
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages[name] = Stage(name, base)
        elif not stages:
            name, _, value = rest.partition("=")
            arguments[name] = value
        else:
            list(stages.values())[-1].lines.append((word, rest))
    return arguments, stages


def let_in(patterns: list[str], path: str) -> bool:
    """Say whether a ``.dockerignore`` lets a file into the build; the last pattern decides."""
    inside = True
    parts = path.split("/")
    places = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    for pattern in patterns:
        plain = pattern.lstrip("!")
        regex = re.escape(plain).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(regex, place) for place in places):
            inside = pattern.startswith("!")
    return inside


def context() -> Iterator[str]:
    """List the files that reach the builder."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return (path for path in listed.stdout.split("\0") if path and let_in(patterns, path))


class Builder:
    """Builds stages one on the other, each in a folder."""

    def __init__(self, base: Path, work: Path, given: dict[str, str], shown: list[str]) -> None:
        self.base, self.work, self.given, self.shown = base, work, given, shown
        self.arguments, self.stages = parse((ROOT / "docker" / "Dockerfile").read_text())
        self.done: set[str] = set()

    def build(self, name: str) -> Stage:
        """Build a stage, and first what it needs."""
        stage = self.stages[name]
        if name in self.done:
            return stage
        self.done.add(name)
        root = self.work / name
        if stage.base in self.stages:
            below = self.build(stage.base)
            stage.environment, stage.folder = dict(below.environment), below.folder
            source = self.work / stage.base
        else:
            source = self.base
        for word, rest in stage.lines:
            if word == "COPY" and (other := re.search(r"--from=(\S+)", rest)):
                self.build(other[1])
        print(f"== {name}", flush=True)
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", source, root], check=True)
        if source == self.base:
            python = root / "usr/local/bin/python"
            python.unlink(missing_ok=True)
            python.symlink_to("/usr/bin/python3")  # as the Python image has it
            stage.environment["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        arguments: dict[str, str] = {}
        for word, rest in stage.lines:
            self.obey(stage, root, arguments, word, rest)
        return stage

    def obey(
        self, stage: Stage, root: Path, arguments: dict[str, str], word: str, rest: str
    ) -> None:
        """Do what a line says."""
        known = {**arguments, **stage.environment}
        if word == "ARG":
            name, _, value = rest.partition("=")
            arguments[name] = self.given.get(name, value)
        elif word == "ENV":
            for pair in shlex.split(rest):
                name, _, value = pair.partition("=")
                stage.environment[name] = re.sub(r"\$\{(\w+)\}", lambda m: known[m[1]], value)
        elif word == "WORKDIR":
            stage.folder = rest
            (root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "USER":
            stage.user = rest
        elif word == "ENTRYPOINT":
            stage.entry = [part.strip(' "') for part in rest.strip("[]").split(",")]
        elif word == "COPY":
            self.copy(stage, root, rest)
        elif word == "RUN":
            self.run(stage, root, known, rest)
        elif word not in ("LABEL", "CMD"):
            sys.exit(f"{word}: this script does not know what it does")

    def copy(self, stage: Stage, root: Path, rest: str) -> None:
        """Copy from another stage, or from what reaches the builder."""
        *sources, target = rest.split()
        into = root / (target if target.startswith("/") else f"{stage.folder}/{target}").lstrip("/")
        if sources[0].startswith("--from="):
            other = self.work / sources[0].removeprefix("--from=")
            found = sorted(other.glob(sources[1].lstrip("/")))
            assert found, f"COPY {rest}: nothing there"
            if target.endswith("/"):
                into.mkdir(parents=True, exist_ok=True)
            into.parent.mkdir(parents=True, exist_ok=True)
            for one in found:
                subprocess.run(
                    ["cp", "-aT" if not target.endswith("/") else "-a", one, into], check=True
                )
            return
        for path in context():
            if sources == ["."] or path in sources:
                goes = into / path
                goes.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, goes)

    def run(self, stage: Stage, root: Path, known: dict[str, str], command: str) -> None:
        """Run a line in the root as it stands, with this machine's network."""
        print(f"-- {command[:110]}", flush=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        for one in self.shown:
            (root / one.lstrip("/")).mkdir(parents=True, exist_ok=True)
        mounts = [f"mount --rbind {one} {root}{one}" for one in ("/dev", "/proc", *self.shown)]
        pip = {name: text for name, text in os.environ.items() if name.startswith("PIP_")}
        inside = [f"chroot {root} /bin/sh -ec {shlex.quote(f'cd {stage.folder}; {command}')}"]
        script = "; ".join(["set -e", "mount --make-rprivate /", *mounts, *inside])
        subprocess.run(["unshare", "-m", "sh", "-c", script], env={**known, **pip}, check=True)


def start(builder: Builder, name: str, data: Path, uid: int, arguments: list[str]) -> int:
    """Run an image without a network, its root read-only, as somebody else."""
    stage = _settled(builder, name)
    root = builder.work / name
    inside = shlex.join(
        ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs",
         *stage.entry, *arguments]
    )  # fmt: skip
    script = f"""set -e
mount --make-rprivate /
mount --bind {root} {root}
for one in proc dev; do mkdir -p {root}/$one; mount --rbind /$one {root}/$one; done
mount --bind {shlex.quote(str(data))} {root}/data
mount -o remount,bind,ro {root}
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 tmpfs {root}/tmp
exec chroot {root} /bin/sh -c {shlex.quote(f"cd {stage.folder}; exec {inside}")}
"""
    command = ["unshare", "-m", "-n", "-p", "-f", "sh", "-c", script]
    return subprocess.run(command, env=stage.environment).returncode


def _settled(builder: Builder, name: str) -> Stage:
    """Give a stage its environment without building it anew."""
    stage = builder.stages[name]
    below = builder.stages.get(stage.base)
    if below is None:
        stage.environment["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    else:
        stage.environment = dict(_settled(builder, below.name).environment)
    for word, rest in stage.lines:
        if word in ("ENV", "WORKDIR", "USER", "ENTRYPOINT"):
            builder.obey(stage, builder.work / name, {}, word, rest)
    return stage


def main() -> None:
    """Obey the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("action", choices=["build", "run"])
    parser.add_argument("--target", default="cpu")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--show", action="append", default=[], help="folder to show to RUN lines")
    parser.add_argument("--data", type=Path, default=Path.cwd(), help="becomes /data")
    parser.add_argument("--user", type=int, default=10001)
    own = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    asked = parser.parse_args(sys.argv[1:own])
    arguments = sys.argv[own + 1 :]  # the image's own
    given = dict(one.split("=", 1) for one in asked.build_arg)
    builder = Builder(asked.base.resolve(), asked.work.resolve(), given, asked.show)
    if asked.action == "build":
        builder.build(asked.target)
        return
    sys.exit(start(builder, asked.target, asked.data.resolve(), asked.user, arguments))


if __name__ == "__main__":
    main()
