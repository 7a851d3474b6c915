"""Says the password that the settings have, and each other that it becomes."""

import time

import nuages

password = nuages.databases()["default"]["PASSWORD"]
last = None
while True:
    now = str(password)
    if now != last:
        print(f"password {now}", flush=True)
        last = now
    time.sleep(0.05)
