"""An application with a certificate: its assertions are checked in earnest. `certificate.py` | `certificate.py late`."""

import base64
import hashlib
import sys
import time
import uuid

import jwt
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, DefaultAzureCredential, EnvironmentCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from help import APPLICATION, LOGIN, SCOPE, TENANT, claims, client, post, refused, variable

path = variable("AZURE_CLIENT_CERTIFICATE_PATH")
pem = open(path, "rb").read()
certificate = x509.load_pem_x509_certificate(pem)
key = serialization.load_pem_private_key(pem, None)
token_url = f"{LOGIN}/{TENANT}/oauth2/v2.0/token"

if sys.argv[1:] == ["late"]:
    # The cloud's clock is an hour ahead, so what msal signs now is over there.
    error = refused(ClientAuthenticationError, CertificateCredential(TENANT, APPLICATION, path).get_token, SCOPE)
    assert "AADSTS700024:" in error.message, error.message
    sys.exit()

for credential in (EnvironmentCredential(), DefaultAzureCredential(), CertificateCredential(TENANT, APPLICATION, path)):
    assert client(credential).get_secret("db-password").value == "s3cret of the shop"
with_chain = CertificateCredential(TENANT, APPLICATION, path, send_certificate_chain=True)
found = claims(with_chain.get_token(SCOPE).token, "https://vault.azure.net")
assert found["appid"] == APPLICATION, found


def thumbprint(digest):
    return base64.urlsafe_b64encode(digest(certificate.public_bytes(serialization.Encoding.DER)).digest()).decode()


def ask(algorithm="PS256", header=None, signer=key, **changes):
    """The status and the first error code for an assertion that is good but for the changes."""
    now = int(time.time())
    body = dict(aud=token_url, iss=APPLICATION, sub=APPLICATION, exp=now + 300, nbf=now, iat=now, jti=str(uuid.uuid4()))
    body.update(changes)
    body = {name: value for name, value in body.items() if value is not None}
    header = {"x5t#S256": thumbprint(hashlib.sha256)} if header is None else header
    return exchange(jwt.encode(body, signer, algorithm=algorithm, headers=header))


def exchange(assertion, kind="urn:ietf:params:oauth:client-assertion-type:jwt-bearer"):
    fields = dict(grant_type="client_credentials", client_id=APPLICATION, scope=SCOPE, client_assertion=assertion)
    status, answer = post(token_url, {**fields, "client_assertion_type": kind})
    return status, answer.get("error_codes", [None])[0]


now = int(time.time())
assert ask() == (200, None)
assert ask(header={"x5t": thumbprint(hashlib.sha1)}, algorithm="RS256") == (200, None)
assert ask(header={"x5t#S256": thumbprint(hashlib.sha256).rstrip("=")}) == (200, None)
assert ask(nbf=None, iat=None) == (200, None)
assert ask(nbf=now + 200) == (200, None), "five minutes are let pass"
assert ask(nbf=now + 400, exp=now + 900) == (401, 700024)
assert ask(exp=now - 400) == (401, 700024)
assert ask(exp=None) == (400, 50027)
assert ask(jti=None) == (400, 50027)
assert ask(jti="the same") == (200, None)
assert ask(jti="the same") == (401, 50013)
assert ask(aud=f"{LOGIN}/other/oauth2/v2.0/token") == (401, 700023)
assert ask(iss="00000000-0000-4000-8000-000000000000") == (401, 700021)
assert ask(sub="00000000-0000-4000-8000-000000000000") == (401, 700021)
assert ask(header={}) == (401, 700027)
assert ask(header={"x5t#S256": "AAAA"}) == (401, 700027)
assert ask(algorithm="PS384") == (401, 700027)
other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
assert ask(signer=other) == (401, 700027)
assert exchange("no token") == (400, 50027)
assert exchange("no token", kind="other") == (400, 900144)

# A certificate that nobody has registered, by the SDK.
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "elsewhere")])
builder = x509.CertificateBuilder(name, name, other.public_key(), x509.random_serial_number())
builder = builder.not_valid_before(certificate.not_valid_before_utc).not_valid_after(certificate.not_valid_after_utc)
foreign = builder.sign(other, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
foreign = CertificateCredential(TENANT, APPLICATION, certificate_data=other.private_bytes(*plain) + foreign)
error = refused(ClientAuthenticationError, foreign.get_token, SCOPE)
assert "AADSTS700027:" in error.message, error.message
