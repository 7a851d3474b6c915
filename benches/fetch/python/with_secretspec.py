"""The Python SDK of secretspec, with the `secretspec.toml` of this directory."""

import sys

from secretspec import SecretSpec

resolved = (
    SecretSpec.builder()
    .with_path("secretspec.toml")
    .with_provider("awsps://eu-west-1")
    .with_profile("default")
    .with_reason("bench")
    .load()
)
resolved.set_as_env()
assert len(resolved.secrets) == int(sys.argv[1])
