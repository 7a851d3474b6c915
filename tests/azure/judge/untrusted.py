"""The cloud's certificate is of an authority that is not trusted here."""

from azure.core.exceptions import ServiceRequestError
from azure.identity import EnvironmentCredential

from help import client, refused

secrets = client(EnvironmentCredential(), retry_total=0)
error = refused(ServiceRequestError, secrets.get_secret, "db-password")
assert "CERTIFICATE_VERIFY_FAILED" in error.message, error.message
