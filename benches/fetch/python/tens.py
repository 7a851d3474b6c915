"""Ten parameters a call, one call after another; with `at-once`, all calls at the same time."""

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

count, how = int(sys.argv[1]), sys.argv[2]
names = [f"/shop/prod/S{number}" for number in range(count)]
batches = [names[start : start + 10] for start in range(0, count, 10)]
ssm = boto3.client("ssm", config=Config(max_pool_connections=len(batches) or 1))


def fetch(batch):
    answer = ssm.get_parameters(Names=batch, WithDecryption=True)
    return {parameter["Name"]: parameter["Value"] for parameter in answer["Parameters"]}


values = {}
if how == "at-once" and len(batches) > 1:
    with ThreadPoolExecutor(len(batches)) as pool:
        for found in pool.map(fetch, batches):
            values.update(found)
else:
    for batch in batches:
        values.update(fetch(batch))
assert len(values) == count
