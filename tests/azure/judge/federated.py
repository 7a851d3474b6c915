"""Tokens of somebody else in place of a secret: clusters, Azure Pipelines, GitHub Actions."""

import json
import pathlib
import sys

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AzurePipelinesCredential,
    ClientAssertionCredential,
    DefaultAzureCredential,
    WorkloadIdentityCredential,
)

from help import APPLICATION, SCOPE, TENANT, claims, client, get, refused, variable


def works(credential):
    assert client(credential).get_secret("db-password").value == "s3cret of the shop"
    found = claims(credential.get_token(SCOPE).token, "https://vault.azure.net")
    assert found["appid"] == APPLICATION, found


def code(credential):
    error = refused(ClientAuthenticationError, credential.get_token, SCOPE)
    return int(error.message.split("AADSTS", 1)[1].split(":", 1)[0])


def cluster():
    works(DefaultAzureCredential())
    works(WorkloadIdentityCredential())
    # The others come from the test, each wrong in one way.
    path = pathlib.Path(variable("AZURE_FEDERATED_TOKEN_FILE"))
    for wrong in json.loads(sys.argv[2]):
        path.write_text(wrong["token"])
        assert code(WorkloadIdentityCredential()) == wrong["code"], wrong["code"]


def pipelines():
    def login(**changes):
        settings = dict(
            tenant_id=variable("AZURESUBSCRIPTION_TENANT_ID"),
            client_id=variable("AZURESUBSCRIPTION_CLIENT_ID"),
            service_connection_id=variable("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
            system_access_token=variable("SYSTEM_ACCESSTOKEN"),
        )
        return AzurePipelinesCredential(**{**settings, **changes})

    works(login())
    error = refused(ClientAuthenticationError, login(system_access_token="wrong").get_token, SCOPE)
    assert error.status_code == 401, error
    unknown = login(service_connection_id="00000000-0000-4000-8000-000000000000")
    error = refused(ClientAuthenticationError, unknown.get_token, SCOPE)
    assert error.status_code == 404, error
    # Another service connection, of another subject.
    assert code(login(service_connection_id=sys.argv[2])) == 700213
    assert variable("SYSTEM_OIDCREQUESTURI").startswith("https://dev.azure.com/")


def job(audience="api://AzureADTokenExchange"):
    """A token of GitHub, as the toolkit of its actions asks for it."""
    url = f"{variable('ACTIONS_ID_TOKEN_REQUEST_URL')}&audience={audience}"
    status, answer = get(url, {"Authorization": f"bearer {variable('ACTIONS_ID_TOKEN_REQUEST_TOKEN')}"})
    assert status == 200 and answer["count"] == len(answer["value"]), answer
    return answer["value"]


def github():
    works(ClientAssertionCredential(TENANT, APPLICATION, job))
    other = ClientAssertionCredential(TENANT, APPLICATION, lambda: job("https://github.com/shop"))
    assert code(other) == 700212
    url = f"{variable('ACTIONS_ID_TOKEN_REQUEST_URL')}&audience=api://AzureADTokenExchange"
    assert get(url)[0] == 401
    assert get(url, {"Authorization": "bearer wrong"})[0] == 401


def pull_request():
    assert code(ClientAssertionCredential(TENANT, APPLICATION, job)) == 700213


{"cluster": cluster, "pipelines": pipelines, "github": github, "pull-request": pull_request}[sys.argv[1]]()
