"""Managed identities of App Service and of virtual machines: `managed_identity.py app-service|imds`."""

import sys

from azure.identity import CredentialUnavailableError, DefaultAzureCredential, ManagedIdentityCredential

from help import SCOPE, SYSTEM_IDENTITY, USER_IDENTITY, claims, client, get, lives, refused, variable

place = sys.argv[1]

# The chain that every program has finds it by itself.
secrets = client(DefaultAzureCredential())
assert secrets.get_secret("db-password").value == "s3cret of the shop"

# The machine's own identity, and its token.
token = ManagedIdentityCredential().get_token(SCOPE)
lives(token, 3600)
found = claims(token.token, "https://vault.azure.net")
assert found["appid"] == SYSTEM_IDENTITY and found["idtyp"] == "app", found
assert found["xms_mirid"].endswith("/providers/Microsoft.Web/sites/shop"), found

# One that somebody has assigned.
token = ManagedIdentityCredential(client_id=USER_IDENTITY).get_token(SCOPE)
found = claims(token.token, "https://vault.azure.net")
assert found["appid"] == USER_IDENTITY, found
assert found["xms_mirid"].endswith("/Microsoft.ManagedIdentity/userAssignedIdentities/shop-identity"), found
assert client(ManagedIdentityCredential(client_id=USER_IDENTITY)).get_secret("db-password").value

# For a database.
token = ManagedIdentityCredential().get_token("https://database.windows.net/.default")
claims(token.token, "https://database.windows.net")
token = ManagedIdentityCredential().get_token("https://ossrdbms-aad.database.windows.net/.default")
claims(token.token, "https://ossrdbms-aad.database.windows.net")

# One that nobody has assigned.
stranger = ManagedIdentityCredential(client_id="00000000-0000-4000-8000-000000000000")
error = refused(CredentialUnavailableError, stranger.get_token, SCOPE)
if place == "app-service":
    assert "No User Assigned or Delegated Managed Identity found" in error.message, error.message

    endpoint = f"{variable('IDENTITY_ENDPOINT')}?resource=https://vault.azure.net&api-version=2019-08-01"
    assert get(endpoint)[0] == 401
    assert get(endpoint, {"X-IDENTITY-HEADER": "wrong"})[0] == 401
    known = {"X-IDENTITY-HEADER": variable("IDENTITY_HEADER")}
    status, answer = get(endpoint, known)
    assert status == 200 and answer["expires_on"].isdigit() and answer["token_type"] == "Bearer", answer
    assert get(endpoint.replace("2019-08-01", "2017-09-01"), known)[0] == 400
    assert get(endpoint.replace("vault.azure.net", "elsewhere.example"), known)[0] == 400
else:
    assert "Identity not found" in error.message, error.message

    metadata = sys.argv[2]
    endpoint = f"{metadata}/metadata/identity/oauth2/token?resource=https://vault.azure.net&api-version=2018-02-01"
    status, answer = get(endpoint)
    assert status == 400 and "metadata header" in answer["error_description"], answer
    known = {"Metadata": "true"}
    status, answer = get(endpoint, known)
    assert status == 200 and answer["expires_in"].isdigit() and answer["not_before"].isdigit(), answer
    assert get(endpoint, {**known, "X-Forwarded-For": "203.0.113.7"})[0] == 400
    assert get(endpoint.replace("2018-02-01", "2019-08-01"), known)[0] == 200
    assert get(endpoint.replace("2018-02-01", "2001-01-01"), known)[0] == 400
    status, answer = get(endpoint.replace("vault.azure.net", "elsewhere.example"), known)
    assert status == 400 and answer["error"] == "invalid_resource", answer
