"""One call a parameter, as a settings.py does it that asks where it needs a value."""

import sys

import boto3

ssm = boto3.client("ssm")


def secret(name):
    return ssm.get_parameter(Name=f"/shop/prod/{name}", WithDecryption=True)["Parameter"]["Value"]


values = {f"V{number}": secret(f"S{number}") for number in range(int(sys.argv[1]))}
assert all(values.values())
