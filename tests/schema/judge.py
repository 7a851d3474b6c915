"""Reads {"schema": …, "manifests": [TOML text, …]} and writes, for each manifest, null or why the schema refuses it."""

import json
import sys
import tomllib

from jsonschema import Draft202012Validator

task = json.load(sys.stdin)
Draft202012Validator.check_schema(task["schema"])
validator = Draft202012Validator(task["schema"])


def refusal(text):
    # A date has no type in JSON, and the validator refuses what has none.
    errors = sorted(validator.iter_errors(tomllib.loads(text)), key=lambda error: list(map(str, error.absolute_path)))
    return "; ".join(f"{error.json_path}: {error.message}" for error in errors) or None


json.dump([refusal(text) for text in task["manifests"]], sys.stdout)
