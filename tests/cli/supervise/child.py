"""What the supervised command does in these tests: says what it hears, and starts what its argument names."""

import os
import signal
import subprocess
import sys
import threading
import time


def say(text):
    os.write(1, (text + "\n").encode())


def zombies():
    """The children of our own parent that have ended and that it has not waited for."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                text = stat.read()
        except OSError:
            continue
        state, parent = text[text.rindex(")") + 1 :].split()[:2]
        if state == "Z" and int(parent) == os.getppid():
            found.append(text)
    return found


def orphan(seconds):
    """Forks twice: the second has no parent, a session of its own, and ends by itself."""
    if (first := os.fork()) == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(seconds)
            say(f"adopted by {os.getppid()}")
            os._exit(0)
        os._exit(0)
    os.waitpid(first, 0)


def three_orphans():
    for _ in range(3):
        orphan(0.2)
    say("started")
    time.sleep(1.2)
    say(f"zombies {len(zombies())}, child of {os.getppid()}")
    os._exit(42)


def hear(names):
    """Says each signal once for every time it is heard, until USR1."""
    heard = {}

    def handler(number, _frame):
        name = signal.Signals(number).name if number < signal.SIGRTMIN else f"RT{number - signal.SIGRTMIN}"
        heard[name] = heard.get(name, 0) + 1
        say(f"heard {name} {heard[name]}")

    for name in names:
        number = signal.SIGRTMIN + int(name[2:]) if name.startswith("RT") else getattr(signal, "SIG" + name)
        signal.signal(number, handler)
    say(f"ready {os.getpid()}")
    while True:
        signal.pause()


def ignore():
    """Ignores what asks it to end, and has a child in another session that does so too."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if (child := os.fork()) == 0:
        os.setsid()
        time.sleep(120)
        os._exit(0)
    say(f"ready {child}")
    time.sleep(120)


def stress(loops, each):
    """Starts `loops` shells that make `each` orphans, and answers every USR1 meanwhile."""
    heard = 0

    def handler(_number, _frame):
        nonlocal heard
        heard += 1
        say(f"ack {heard}")

    signal.signal(signal.SIGUSR1, handler)
    script = f"i=0; while [ $i -lt {each} ]; do (: &); i=$((i+1)); done"
    shells = [subprocess.Popen(["sh", "-c", script]) for _ in range(loops)]
    say("ready")

    def wait():
        codes = [shell.wait() for shell in shells]
        until = time.monotonic() + 20
        while (left := len(zombies())) and time.monotonic() < until:
            time.sleep(0.02)
        say(f"made {codes} zombies {left}")

    waiter = threading.Thread(target=wait)
    waiter.start()
    while waiter.is_alive():
        waiter.join(0.01)
    while True:
        signal.pause()


match sys.argv[1:]:
    case ["orphans"]:
        three_orphans()
    case ["hear", *names]:
        hear(names)
    case ["ignore"]:
        ignore()
    case ["stress", loops, each]:
        stress(int(loops), int(each))
    case ["leave"]:
        orphan(120)
        say("left")
    case ["keys"]:
        signal.signal(signal.SIGINT, lambda *_: say("heard INT"))
        signal.signal(signal.SIGCONT, lambda *_: say("heard CONT"))
        say("ready")
        for line in sys.stdin:
            say(f"[{line.strip()}]")
            if line.strip() == "end":
                sys.exit(5)
