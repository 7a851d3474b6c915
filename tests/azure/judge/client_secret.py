"""An application with a client secret, and every way of getting that wrong."""

import sys

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import AzureAuthorityHosts, ClientSecretCredential, DefaultAzureCredential, EnvironmentCredential

from help import APPLICATION, LOGIN, SCOPE, TENANT, claims, client, get, lives, post, refused, variable

expired = sys.argv[1]
good = variable("AZURE_CLIENT_SECRET")


def login(tenant=TENANT, application=APPLICATION, secret=good, **options):
    return ClientSecretCredential(tenant, application, secret, **options)


def code(credential, *scopes):
    """The `AADSTS` number that a login is refused with."""
    error = refused(ClientAuthenticationError, credential.get_token, *(scopes or [SCOPE]))
    assert "AADSTS" in error.message and "Trace ID:" in error.message, error.message
    return int(error.message.split("AADSTS", 1)[1].split(":", 1)[0])


for credential in (EnvironmentCredential(), DefaultAzureCredential(), login()):
    assert client(credential).get_secret("db-password").value == "s3cret of the shop"

token = login().get_token(SCOPE)
lives(token, 3600)
found = claims(token.token, "https://vault.azure.net")
assert found["appid"] == APPLICATION and found["appidacr"] == "1" and "xms_mirid" not in found, found

# What stands before `/.default` is the audience, to the slash.
token = login().get_token("https://database.windows.net//.default")
claims(token.token, "https://database.windows.net/")

assert code(login(secret="wrong")) == 7000215
assert code(login(secret=expired)) == 7000222
assert code(login(application="00000000-0000-4000-8000-000000000000")) == 700016
assert code(login(), "https://elsewhere.example/.default") == 500011
assert code(login(), "https://vault.azure.net/user_impersonation") == 1002012
assert code(login(), "https://vault.azure.net/.default https://database.windows.net/.default") == 70011

# msal looks the tenant up first, and says in its own words that it is not there.
error = refused(ClientAuthenticationError, login(tenant="00000000-0000-4000-8000-000000000000").get_token, SCOPE)
assert "Unable to get authority configuration" in error.message, error.message
status, answer = post(f"{LOGIN}/00000000-0000-4000-8000-000000000000/oauth2/v2.0/token", {})
assert status == 400 and answer["error_codes"] == [90002], answer

# Another cloud of Azure has the tenant, and other resources.
china = login(authority=AzureAuthorityHosts.AZURE_CHINA)
assert code(china) == 500011
assert client(china, "https://shop.vault.azure.cn").get_secret("db-password").value == "s3cret in China"
government = login(authority=AzureAuthorityHosts.AZURE_GOVERNMENT)
value = client(government, "https://shop.vault.usgovcloudapi.net").get_secret("db-password").value
assert value == "s3cret of the government"

# What no SDK would send.
token_url = f"{LOGIN}/{TENANT}/oauth2/v2.0/token"
whole = {"grant_type": "client_credentials", "client_id": APPLICATION, "client_secret": good, "scope": SCOPE}
status, answer = post(token_url, whole)
assert status == 200 and answer["token_type"] == "Bearer" and answer["expires_in"] in (3598, 3599), answer
for left_out, expected in [
    ("grant_type", (400, "invalid_request", 900144)),
    ("client_id", (400, "invalid_request", 900144)),
    ("client_secret", (401, "invalid_client", 7000218)),
    ("scope", (400, "invalid_request", 900144)),
]:
    status, answer = post(token_url, {name: value for name, value in whole.items() if name != left_out})
    assert (status, answer["error"], *answer["error_codes"]) == expected, (left_out, answer)
status, answer = post(token_url, {**whole, "grant_type": "password"})
assert (status, answer["error"]) == (400, "unsupported_grant_type"), answer
assert get(token_url)[0] == 404
