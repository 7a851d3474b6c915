"""Stands in for the role of the task: prints credentials as a `credential_process` of AWS's tools does.

    task_role.py KEY_FILE SECONDS

Their end is part of the key's id, and the secret is made of the id, so that who checks a signature needs the key file alone.
What is signed with them ends with them: a token that would live for fifteen minutes is renewed as soon as they ask for it.
"""

import datetime
import hashlib
import hmac
import json
import pathlib
import sys
import time


def secret_of(key_file, access_key_id):
    key = pathlib.Path(key_file).read_bytes()
    return hmac.digest(key, access_key_id.encode(), hashlib.sha256).hex()


def end_of(access_key_id):
    return int(access_key_id.removeprefix("ASIA"))


if __name__ == "__main__":
    _, key_file, seconds = sys.argv
    end = int(time.time()) + int(seconds)
    access_key_id = f"ASIA{end:016}"
    credentials = {
        "Version": 1,
        "AccessKeyId": access_key_id,
        "SecretAccessKey": secret_of(key_file, access_key_id),
        "SessionToken": "stand-in",
        "Expiration": datetime.datetime.fromtimestamp(end, datetime.timezone.utc).isoformat(),
    }
    print(json.dumps(credentials))
