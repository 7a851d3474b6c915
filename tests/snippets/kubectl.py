"""`kubectl apply -f FILE` without a cluster: each document is an object that Kubernetes takes, and is told by its name."""

import argparse
import os
import sys
from pathlib import Path

sys.argv.insert(1, os.environ["CHECKOUT"])
import judge  # noqa: E402

parser = argparse.ArgumentParser(prog="kubectl")
commands = parser.add_subparsers(required=True)
apply = commands.add_parser("apply")
apply.add_argument("-f", "--filename", required=True, action="append")
apply.add_argument("-n", "--namespace")
arguments = parser.parse_args(sys.argv[2:])
for name in arguments.filename:
    text = sys.stdin.read() if name == "-" else Path(name).read_text()
    documents = [document for document in judge.yaml.safe_load_all(text) if document]
    if not documents:
        sys.exit("error: no objects passed to apply")
    for document in documents:
        try:
            judge.kubernetes(document)
        except judge.Fault as fault:
            sys.exit(f"error: {fault}")
        print(f"{document['kind'].lower()}/{document['metadata']['name']} created")
