"""Reads [{"schema": …, "document": …}, …] and writes, for each, null or why the schema refuses the document."""

import json
import sys

from jsonschema.validators import validator_for


def refusal(schema, document):
    judge = validator_for(schema)
    judge.check_schema(schema)
    errors = sorted(judge(schema).iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
    return "; ".join(f"{error.json_path}: {error.message}" for error in errors) or None


json.dump([refusal(**task) for task in json.load(sys.stdin)], sys.stdout)
