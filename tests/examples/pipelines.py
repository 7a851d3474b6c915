"""Prints what the pipeline files of examples/ci have a shell do, as one JSON object: system to steps in their order.

A step has its command, the variables it is given, and the kind of its task where there is one.
"""

import json
import pathlib
import sys

import yaml

root = pathlib.Path(sys.argv[1])


def load(path):
    return yaml.safe_load((root / path).read_text())


def step(command, env=None, task=None):
    return {"command": command, "env": env or {}, "task": task}


jobs = load(".github/workflows/test.yml")["jobs"]
github = jobs["test"]
azure = load("azure-pipelines.yml")
gitlab = load(".gitlab-ci.yml")
circleci = load(".circleci/config.yml")["jobs"]["test"]
bitbucket = [item["step"] for item in load("bitbucket-pipelines.yml")["pipelines"]["default"]]
commands = [
    *gitlab["test"]["before_script"],
    *gitlab["test"]["script"],
]
json.dump(
    {
        "github": [step(item["run"], item.get("env")) for item in github["steps"] if "run" in item],
        "permissions": github["permissions"],
        "github-scan": [step(item["run"], item.get("env")) for item in jobs["scan"]["steps"] if "run" in item],
        "github-reports": [
            item["with"]["sarif_file"] for item in jobs["scan"]["steps"] if "upload-sarif" in item.get("uses", "")
        ],
        "scan-permissions": jobs["scan"]["permissions"],
        "gitlab-scan": [step("\n".join([*gitlab["scan"]["before_script"], *gitlab["scan"]["script"]]))],
        "gitlab-reports": gitlab["scan"]["artifacts"]["reports"],
        "azure-pipelines": [
            step(item.get("script") or item["inputs"]["inlineScript"], item.get("env"), item.get("task"))
            for item in azure["steps"]
            if "script" in item or "inlineScript" in item.get("inputs", {})
        ],
        "gitlab": [step("\n".join(commands)), *(step(line) for line in gitlab["release"]["script"])],
        "report": gitlab["test"]["artifacts"]["reports"]["dotenv"],
        "circleci": [step(item["run"]) for item in circleci["steps"] if "run" in item],
        "bitbucket": [step("\n".join(item["script"])) for item in bitbucket],
        "output-variables": bitbucket[0]["output-variables"],
    },
    sys.stdout,
)
