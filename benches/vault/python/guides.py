"""One call a secret, as the guides for Django on Azure do it in a settings.py; with `token`, one for the database too."""

import sys

from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

credential = DefaultAzureCredential()
client = SecretClient("https://shop.vault.azure.net", credential)
values = {f"V{number}": client.get_secret(f"s{number}").value for number in range(int(sys.argv[1]))}
assert all(values.values())
if sys.argv[2:] == ["token"]:
    assert credential.get_token("https://database.windows.net/.default").token
