"""Readers of env files that are parts of programs in Go, written anew from their rules: docker, kubectl, Compose."""

import re

# Go's unicode.IsSpace: White_Space, without the separators U+001C to U+001F that Python's str.isspace adds.
GO_BLANKS = "".join(chr(code) for code in range(0x110000) if chr(code).isspace() and not 0x1C <= code <= 0x1F)


def scan_lines(content):
    """The lines of Go's bufio.Scanner, and whether it reached the end."""
    lines, rest = [], content
    while rest:
        line, _, rest = rest.partition(b"\n")
        # The scanner's buffer of 64 KiB has to hold the line and its end, and to have room left to see there is none.
        if len(line) >= 64 * 1024:
            return lines, False
        lines.append(line.removesuffix(b"\r"))
    return lines, True


def read_docker(content):
    """What `docker run --env-file` sends to the daemon: docker/cli 28.2, pkg/kvfile/kvfile.go.

    None where docker gives up.
    """
    lines, is_whole = scan_lines(content)
    if not is_whole:
        return None
    seen = []
    for number, line in enumerate(lines):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return None
        if number == 0:
            text = text.removeprefix("\ufeff")
        text = text.lstrip(GO_BLANKS)
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not name or " " in name or "\t" in name:
            return None
        if equals:
            seen.append((name, value))
    if any("\0" in name + value for name, value in seen):
        return None  # docker passes it on, and no process can be started with it
    return seen


def read_kubectl(content):
    """What `kubectl create secret generic --from-env-file` keeps: kubectl 1.34, pkg/cmd/util/env_file.go."""
    seen = []
    for number, line in enumerate(scan_lines(content)[0]):  # it does not ask whether the scanner reached the end
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return None
        if number == 0:
            text = text.removeprefix("\ufeff")
        text = text.lstrip(GO_BLANKS)
        if not text or text.startswith("#"):
            continue
        name, _, value = text.partition("=")
        if not re.fullmatch(r"[-._a-zA-Z][-._a-zA-Z0-9]*", name) or name == "." or name.startswith(".."):
            return None
        seen.append((name, value))
    return seen


COMPOSE_BLANKS = "\t\v\f\r \x85\xa0"
COMPOSE_ESCAPES = re.compile(r'\\(?:[abcfnrtv$"\\]|0[0-9]{0,3})')
COMPOSE_VARIABLES = re.compile(r"\$(?:\$|[_a-zA-Z][_a-zA-Z0-9]*|\{)")


def read_compose(content):
    """What `env_file:` gives a service: compose-go 2.9, dotenv/parser.go. ValueError where it gives up."""
    text = content.decode("utf-8").removeprefix("\ufeff")
    seen = {}
    while True:
        text = text.lstrip(GO_BLANKS)
        if not text:
            return seen
        if text.startswith("#"):
            text = text[text.index("\n") :] if "\n" in text else ""
            continue
        name, text = compose_name(text)
        seen[name], text = compose_value(text)


def compose_name(text):
    if re.match(r"export[\t\n\f\r ]+", text):
        text = text.removeprefix("export").lstrip(COMPOSE_BLANKS)
    for place, letter in enumerate(text):
        if letter in "=:":
            name = text[:place].rstrip(GO_BLANKS)
            if " " in name:
                raise ValueError("a blank in a name")
            return name, text[place + 1 :].lstrip(COMPOSE_BLANKS)
        if letter not in COMPOSE_BLANKS + "_.-[]" and not letter.isalnum():
            raise ValueError("an unexpected character in a name")
    raise ValueError("a name without a value")


def compose_value(text):
    quote = text[:1]
    if quote not in ("'", '"'):
        line, _, rest = text.partition("\n")
        return compose_expand(line.split(" #")[0].rstrip(GO_BLANKS)), rest
    value, escaped = [], False
    for place in range(1, len(text)):
        letter = text[place]
        if letter == quote and not escaped:
            plain = "".join(value)
            if quote == '"':
                plain = compose_expand(COMPOSE_ESCAPES.sub(compose_unescape, plain))
            return plain, text[place + 1 :]
        if letter == "\\" and not escaped:
            escaped = True
            continue
        if escaped and letter != quote:
            value.append("\\")
        escaped = False
        value.append(letter)
    raise ValueError("a quote that is not closed")


def compose_unescape(match):
    sequence = match.group()
    simple = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
    if sequence == "\\$":
        return "$$"
    if sequence[1] in simple:
        return simple[sequence[1]]
    return chr(int(sequence[2:], 8)) if len(sequence) == 5 and int(sequence[2:], 8) < 256 else sequence


def compose_expand(text):
    """`$$` alone: whatever names a variable is wrong here."""

    def replace(match):
        if match.group() != "$$":
            raise ValueError("a variable is interpolated")
        return "$"

    return COMPOSE_VARIABLES.sub(replace, text)
