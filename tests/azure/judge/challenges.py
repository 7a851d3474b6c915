"""What a vault says to those without a good token, and what the SDK makes of it. One case for each of its vaults."""

import sys

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import ClientSecretCredential

from help import APPLICATION, TENANT, VAULT, client, get, refused, variable

login = ClientSecretCredential(TENANT, APPLICATION, variable("AZURE_CLIENT_SECRET"))
other_tenant, expired, wrong_audience, other_tenants, revoked = sys.argv[1:]


def vault(name):
    return f"https://{name}.vault.azure.net"


class Fixed:
    """A credential that has one token and no more."""

    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **options):
        return AccessToken(self.token, 2**31)


# The SDK asks once without a token, and learns from the refusal where to log in.
assert client(login).get_secret("db-password").value == "s3cret of the shop"
error = refused(ClientAuthenticationError, client(login, vault("other-tenant")).get_secret, "db-password")
assert other_tenant in error.message and "additionally_allowed_tenants" in error.message, error.message
error = refused(ValueError, client(login, vault("other-resource")).get_secret, "db-password")
assert "does not match the requested domain" in str(error), error
error = refused(ClientAuthenticationError, client(login, vault("silent")).get_secret, "db-password")
assert error.status_code == 401, error

# A vault of another tenant, for an application that has logged in there.
there = ClientSecretCredential(other_tenant, APPLICATION, "s3cret of the other tenant")
assert client(there, vault("theirs")).get_secret("db-password").value == "theirs"

# Tokens that are no good.
for token, number in [
    ("no token", "AKV10000"),
    (expired, "Error validating token"),
    (wrong_audience, "AKV10022"),
    (other_tenants, "AKV10032"),
    (revoked, "Error validating token"),
    (expired[:-8] + "AAAAAAAA", "AKV10046"),
]:
    error = refused(ClientAuthenticationError, client(Fixed(token)).get_secret, "db-password")
    assert error.status_code == 401 and number in error.message, (number, error.message)
    challenge = error.response.headers["WWW-Authenticate"]
    assert f'Bearer authorization="https://login.microsoftonline.com/{TENANT}"' in challenge, challenge
    assert 'resource="https://vault.azure.net"' in challenge and 'error="invalid_token"' in challenge, challenge

# Nobody has made this vault, so its name leads nowhere.
quick = dict(retry_total=0)
error = refused(ServiceRequestError, client(login, vault("nowhere"), **quick).get_secret, "db-password")

# Without a token there is no word about what exists.
assert get(f"{VAULT}/secrets/nowhere?api-version=7.4")[0] == 401
assert get(f"{VAULT}/secrets/db-password")[0] == 401
