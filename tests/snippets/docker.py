"""`docker build`, `docker run` and `docker compose` without a daemon. An image is its ENTRYPOINT and CMD; running it looks whether
`nuages` has the command and the options that it would be started with."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.argv.insert(1, os.environ["CHECKOUT"])
import judge  # noqa: E402

IMAGES = Path(os.environ["HOME"]) / "images.json"


def images():
    return json.loads(IMAGES.read_text()) if IMAGES.exists() else {}


def words(value):
    return json.loads(value) if value.startswith("[") else ["/bin/sh", "-c", value]


def build(arguments):
    context = Path(arguments.context)
    path = Path(arguments.file) if arguments.file else context / "Dockerfile"
    text = path.read_text()
    judge.dockerfile(text, str(path))
    image = {"ENTRYPOINT": [], "CMD": []}
    for part in judge.instructions(text):
        name, value = part["instruction"], part["value"]
        if name == "FROM":
            image = {"ENTRYPOINT": [], "CMD": []}
        elif name in image:
            image[name] = words(value)
        elif name in ("COPY", "ADD") and "--from=" not in value and "<<" not in value:
            sources = [word for word in value.split() if not word.startswith("--")][:-1]
            for source in sources:
                if source not in (".", "./") and not list(context.glob(source.lstrip("/"))):
                    sys.exit(f"docker: {name} {source}: there is no such file in {context}")
    known = images()
    known.update({name: image for name in arguments.tag})
    IMAGES.write_text(json.dumps(known))


def run(arguments):
    known = images()
    if arguments.image not in known:
        sys.exit(f"docker: there is no image `{arguments.image}`")
    image = known[arguments.image]
    entrypoint = [arguments.entrypoint] if arguments.entrypoint else image["ENTRYPOINT"]
    default = [] if arguments.entrypoint else image["CMD"]
    command = entrypoint + (arguments.command or default)
    if not command:
        sys.exit("docker: no command specified")
    if command[0] == "nuages":
        end = command.index("--") if "--" in command else len(command)
        done = subprocess.run([*command[:end], "--help"], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)


def compose(arguments):
    path = next(path for path in map(Path, ("compose.yaml", "docker-compose.yml")) if path.exists())
    text = path.read_text()
    judge.against("vendor.compose-spec", text)
    services = judge.yaml.safe_load(text)["services"]
    if arguments.rest and arguments.act in ("exec", "run"):
        name = next(word for word in arguments.rest if not word.startswith("-"))
        if name not in services:
            sys.exit(f"docker: there is no service `{name}`")


parser = argparse.ArgumentParser(prog="docker", allow_abbrev=False)
commands = parser.add_subparsers(required=True)
command = commands.add_parser("build", allow_abbrev=False)
command.add_argument("-t", "--tag", action="append", default=[])
command.add_argument("-f", "--file")
for name in ("--target", "--build-arg", "--secret", "--platform"):
    command.add_argument(name, action="append")
command.add_argument("context")
command.set_defaults(act=build)
command = commands.add_parser("run", allow_abbrev=False)
for name in (
    "--cap-add --cap-drop --entrypoint -e --env --env-file --group-add --mount --name --network -p --publish "
    "--security-opt --stop-timeout --tmpfs -u --user -v --volume -w --workdir"
).split():
    command.add_argument(name, action="store" if name == "--entrypoint" else "append")
for name in ("-d", "--detach", "--init", "-i", "--interactive", "--read-only", "--rm", "-t", "--tty", "-it"):
    command.add_argument(name, action="store_true")
command.add_argument("image")
command.add_argument("command", nargs=argparse.REMAINDER)
command.set_defaults(act=run)
command = commands.add_parser("compose", allow_abbrev=False)
command.add_argument("act", choices=["up", "down", "run", "exec", "logs", "ps", "config", "build"])
command.add_argument("rest", nargs=argparse.REMAINDER)
arguments = parser.parse_args(sys.argv[2:])
if callable(arguments.act):
    arguments.act(arguments)
else:
    compose(arguments)
