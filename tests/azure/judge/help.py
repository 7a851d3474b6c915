"""What the judge's scripts share: a client of the vault, refusals, and a look into tokens with PyJWT."""

import json
import os
import time
import urllib.parse
import urllib.request

import jwt
from azure.keyvault.secrets import SecretClient

TENANT = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
APPLICATION = "5b7a2c1e-83f4-4f6d-9c58-2d60a1b0e7c4"
SYSTEM_IDENTITY = "c1d3a6f0-52ab-4c07-b0e9-7e4dd2a9f813"
USER_IDENTITY = "e94f0b37-6d21-4a58-8c1b-90f3d57c26ae"
LOGIN = "https://login.microsoftonline.com"
VAULT = "https://shop.vault.azure.net"
SCOPE = "https://vault.azure.net/.default"


def client(credential, vault=VAULT, **options):
    return SecretClient(vault, credential, **options)


def refused(kind, action, *arguments, **options):
    """The exception of this very kind that an action ends with."""
    try:
        outcome = action(*arguments, **options)
    except Exception as error:
        assert type(error) is kind, f"{type(error).__name__}, not {kind.__name__}: {error}"
        return error
    raise AssertionError(f"nothing was refused: {outcome!r}")


def claims(token, audience, tenant=TENANT):
    """The claims of an access token, once its signature, audience, issuer and times have been checked by PyJWT."""
    keys = jwt.PyJWKClient(f"{LOGIN}/{tenant}/discovery/v2.0/keys")
    found = jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token).key,
        algorithms=["RS256"],
        audience=audience,
        issuer=f"https://sts.windows.net/{tenant}/",
        options={"require": ["exp", "nbf", "iat", "aud", "iss"]},
    )
    assert found["tid"] == tenant and found["ver"] == "1.0", found
    assert found["oid"] == found["sub"], found
    return found


def get(url, headers=None, method="GET"):
    """The status and the JSON of an answer, without any SDK."""
    return send(urllib.request.Request(url, headers=headers or {}, method=method))


def post(url, fields):
    """The same, for a form."""
    body = urllib.parse.urlencode(fields).encode()
    return send(urllib.request.Request(url, data=body, method="POST"))


def send(request):
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def lives(token, seconds):
    """Whether a token of the SDK ends in about so many seconds."""
    assert abs(token.expires_on - time.time() - seconds) < 30, token.expires_on - time.time()


def variable(name):
    return os.environ[name]
