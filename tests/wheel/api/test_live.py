"""`nuages.Live`: what reads the file, and what does not."""

import copy
import json
import os
import pickle
import pprint

import nuages
from support import CANARY, Case, told


class Live(Case):
    def test_each_reading_is_a_new_one(self):
        path = self.write("token", "first\n")
        live = nuages.Live(path)
        self.assertEqual((str(live), live.encode(), f"{live:>7}", "%s" % live), ("first", b"first", "  first", "first"))
        self.write("token", "second")
        self.assertEqual((str(live), live.encode(), format(live)), ("second", b"second", "second"))
        (self.directory / "token").write_bytes(b"third\r\n")
        self.assertEqual(str(live), "third")
        self.write("token", "two\n\n")
        self.assertEqual(str(live), "two\n", "one line break is the file's, more are the secret's")

    def test_a_key_of_json(self):
        path = self.write("databases.json", json.dumps({"default": {"PASSWORD": "é"}}))
        live = nuages.Live(path, "default", "PASSWORD")
        self.assertEqual((str(live), live.encode()), ("é", "é".encode()))
        self.assertEqual((live.path, live.keys), (path, ("default", "PASSWORD")))

    def test_nothing_else_reads_it(self):
        path = self.write("token", CANARY)
        live = nuages.Live(path)
        keyed = nuages.Live(self.write("x.json", json.dumps({"a/b": CANARY})), "a/b")
        for one in (live, keyed):
            for shown in (repr(one), pprint.pformat({"PASSWORD": one}), json.dumps([one]), "".join([one]), repr([one])):
                self.assertNotIn(CANARY, shown)
            self.assertNotIn(CANARY.encode(), pickle.dumps(one))
        self.assertEqual(repr(live), f"<nuages.Live {path}>")
        self.assertEqual(repr(keyed), f"<nuages.Live {self.directory}/x.json#/a~1b>")
        self.assertTrue(live)
        with open(live, encoding="utf-8") as file:
            self.assertEqual(file.read(), CANARY)

    def test_copies_are_as_live(self):
        path = self.write("x.json", json.dumps({"a": "first", "b": "other"}))
        live = nuages.Live(path, "a")
        copies = [copy.copy(live), copy.deepcopy({"TOKEN": live})["TOKEN"]]
        copies += [pickle.loads(pickle.dumps(live, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
        copies.append(nuages.Live(nuages.Live(path), "a"))
        self.write("x.json", json.dumps({"a": "second", "b": "other"}))
        for one in copies:
            self.assertIs(type(one), nuages.Live)
            self.assertEqual((str(one), one, hash(one)), ("second", live, hash(live)))
        self.assertNotEqual(live, nuages.Live(path, "b"))

    def test_a_path_is_what_it_was_when_it_was_named(self):
        self.write("token", "here")
        live = nuages.Live("token")
        os.chdir("/")
        self.assertEqual(str(live), "here")

    def test_what_cannot_be_read(self):
        binary = self.directory / "binary"
        binary.write_bytes(CANARY.encode() + b"\xff")
        pipe = self.directory / "pipe"
        os.mkfifo(pipe)
        with open(self.directory / "long", "wb") as long:
            long.truncate((16 << 20) + 1)
        cases = [
            (nuages.Live("absent"), "No such file or directory"),
            (nuages.Live(self.directory), "Is a directory"),
            (nuages.Live("a\0b"), "this is no path"),
            (nuages.Live(binary), "it is not UTF-8"),
            (nuages.Live(pipe), "it is a pipe or a device, not a file"),
            (nuages.Live("/dev/zero"), "it is a pipe or a device, not a file"),
            (nuages.Live(long.name), "it is larger than 16 MiB"),
            (nuages.Live(self.write("empty", "\n")), "it is empty"),
            (nuages.Live(self.write("broken", f'{{"{CANARY}": '), "a"), "it is not JSON from line 1, column"),
            (nuages.Live(self.write("deep", "[" * 100_000), "a"), "it is not JSON"),
            (nuages.Live(self.write("number-long", f'[{"1" * 5000}, "{CANARY}"]'), "a"), "it"),
            (nuages.Live(self.write("list", f'["{CANARY}"]'), "a", "b"), "there is no `a` in it"),
            (nuages.Live(self.write("table", f'{{"a": {{"c": "{CANARY}"}}}}'), "a", "b"), "there is no `a.b` in it"),
            (nuages.Live(self.write("number", '{"a": 1}'), "a"), "`a` in it is no text"),
        ]
        for live, reason in cases:
            for use in (str, lambda live: live.encode(), format):
                with self.subTest(reason=reason), self.refused(f"cannot read {live.path}: ", reason):
                    use(live)
            self.assertNotIn(CANARY, told(lambda live=live: str(live)))

    def test_what_cannot_be_encoded_is_not_shown(self):
        live = nuages.Live(self.write("token", f"{CANARY} ☁"))
        with self.refused(f"what is in {live.path} cannot be encoded as latin-1"):
            live.encode("latin-1")
        self.assertNotIn(CANARY, told(lambda: live.encode("latin-1")))
        for encoding, errors in (
            ("nonesuch", "strict"),
            ("rot13", "strict"),
            ("a\0b", "strict"),
            ("ascii", "nonesuch"),
            (5, ""),
        ):
            with self.subTest(encoding=encoding), self.refused(f"cannot be encoded as {encoding}"):
                live.encode(encoding, errors)
            self.assertNotIn(CANARY, told(lambda encoding=encoding, errors=errors: live.encode(encoding, errors)))
