"""What a vault says about its secrets: reading, versions, lists, changes, and every refusal."""

import datetime
import sys
import time

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

from help import VAULT, client, get, refused

secrets = client(DefaultAzureCredential())
first, second = sys.argv[1:]


def inner(error):
    """The code within a refusal: `(Forbidden, SecretDisabled)`."""
    return error.error.code, (error.error.innererror or {}).get("code")


# Versions.
found = secrets.get_secret("db-password")
assert found.value == "second" and found.properties.version == second, found.id
assert found.id == f"{VAULT}/secrets/db-password/{second}", found.id
assert secrets.get_secret("db-password", first).value == "first"
assert secrets.get_secret("DB-Password").value == "second", "names differ by more than their case"
versions = {each.version: each for each in secrets.list_properties_of_secret_versions("db-password")}
assert set(versions) == {first, second} and all(each.enabled for each in versions.values()), versions
assert list(secrets.list_properties_of_secret_versions("nowhere")) == []

# What is passed on beside the value.
found = secrets.get_secret("labelled")
assert found.properties.content_type == "application/json" and found.properties.tags == {"team": "shop"}, found.properties
assert found.value == '{"user": "shop", "password": "ünïcode \\" \\\\ ☁"}', found.value
assert found.properties.recovery_level == "Recoverable+Purgeable" and found.properties.recoverable_days == 90

# Both dates are for information.
now = datetime.datetime.now(datetime.timezone.utc)
assert secrets.get_secret("expired").properties.expires_on < now
assert secrets.get_secret("not-yet").properties.not_before > now

# Pages: by the SDK, then as the service gives them.
names = [each.name for each in secrets.list_properties_of_secrets()]
assert len([name for name in names if name.startswith("page-")]) == 60 and names == sorted(names), names
assert "disabled" in names and not any(each.enabled for each in secrets.list_properties_of_secrets() if each.name == "disabled")
pages = [len(list(page)) for page in secrets.list_properties_of_secrets(max_page_size=10).by_page()]
assert sum(pages) == len(names) and max(pages) == 10 and len(pages) > 6, pages
assert inner(refused(HttpResponseError, list, secrets.list_properties_of_secrets(max_page_size=26))) == ("BadParameter", None)

bearer = {"Authorization": f"Bearer {DefaultAzureCredential().get_token('https://vault.azure.net/.default').token}"}
status, answer = get(f"{VAULT}/secrets?api-version=7.4&maxresults=2", bearer)
assert status == 200 and len(answer["value"]) == 2 and not any("value" in each for each in answer["value"]), answer
assert answer["nextLink"].startswith("https://shop.vault.azure.net:443/secrets?api-version=7.4&$skiptoken="), answer

# Refusals.
error = refused(ResourceNotFoundError, secrets.get_secret, "nowhere")
assert inner(error) == ("SecretNotFound", None) and "(name/id) nowhere " in error.message, error.message
error = refused(ResourceNotFoundError, secrets.get_secret, "db-password", "0" * 32)
assert inner(error) == ("SecretNotFound", None) and f"db-password/{'0' * 32} " in error.message, error.message
error = refused(HttpResponseError, secrets.get_secret, "disabled")
assert error.status_code == 403 and inner(error) == ("Forbidden", "SecretDisabled"), error
for name, expected in [("by-policy", "ForbiddenByPolicy"), ("by-rbac", "ForbiddenByRbac"), ("by-firewall", "ForbiddenByFirewall")]:
    error = refused(HttpResponseError, secrets.get_secret, name)
    assert error.status_code == 403 and inner(error) == ("Forbidden", expected), error
assert inner(refused(HttpResponseError, secrets.get_secret, "under_score")) == ("BadParameter", None)

# Throttled twice for a second: the SDK waits as it is told to.
start = time.monotonic()
assert secrets.get_secret("throttled").value == "at last"
assert time.monotonic() - start >= 2, time.monotonic() - start

# Changes.
made = secrets.set_secret("made", "value", content_type="text/plain", tags={"a": "b"}, expires_on=now)
assert made.value == "value" and made.properties.tags == {"a": "b"} and len(made.properties.version) == 32, made
assert secrets.get_secret("made").value == "value"
again = secrets.set_secret("made", "other")
assert again.properties.version != made.properties.version and secrets.get_secret("made").value == "other"
assert secrets.get_secret("made", made.properties.version).properties.content_type == "text/plain"
secrets.set_secret("largest", "x" * 25 * 1024)
error = refused(HttpResponseError, secrets.set_secret, "too-large", "x" * (25 * 1024 + 1))
assert error.status_code == 400 and inner(error) == ("BadParameter", None), error
changed = secrets.update_secret_properties("made", enabled=False, content_type="text/html")
assert not changed.enabled and changed.content_type == "text/html", changed
assert inner(refused(HttpResponseError, secrets.get_secret, "made")) == ("Forbidden", "SecretDisabled")
secrets.update_secret_properties("made", enabled=True)

# Deleting, and the way back.
deleted = secrets.begin_delete_secret("made").result()
assert deleted.name == "made" and deleted.recovery_id == f"{VAULT}/deletedsecrets/made", deleted
refused(ResourceNotFoundError, secrets.get_secret, "made")
error = refused(ResourceExistsError, secrets.set_secret, "made", "third")
assert inner(error) == ("Conflict", "ObjectIsDeletedButRecoverable"), error
secrets.begin_recover_deleted_secret("made").wait()
assert secrets.get_secret("made").value == "other"
secrets.begin_delete_secret("made").wait()
secrets.purge_deleted_secret("made")
assert secrets.set_secret("made", "new").value == "new"
refused(ResourceNotFoundError, secrets.begin_delete_secret, "nowhere")

# A version of the API must be named, and be one there is.
for query, status in [("", 400), ("?api-version=2000-01-01", 400), ("?api-version=7.4", 200), ("?api-version=2025-07-01", 200)]:
    assert get(f"{VAULT}/secrets/db-password{query}", bearer)[0] == status, query
    assert get(f"{VAULT}/secrets/db-password/{query}", bearer)[0] == status, query
assert get(f"{VAULT}/keys/db-password?api-version=7.4", bearer)[0] == 405
