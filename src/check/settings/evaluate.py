"""Evaluates a project's settings and runs Django's own checks, in the project's own Python. Run by `nuages check --settings`.

It answers with lines of JSON on what was standard output: the settings, then the checks. What the project prints goes to
standard error. Of an exception it tells the class and the place, never the message, which may hold a value.
"""

import sys

# A module of the project must not stand in for one of these.
sys.path = [path for path in sys.path if path]

import json
import math
import os
import re
import traceback

answers = os.dup(1)
os.dup2(2, 1)

ROOT = os.path.realpath(os.getcwd())
IS_DEPLOYED = sys.argv[1:] == ["deploy"]

# The package `nuages` asks no store meanwhile, and does not check the manifest a second time.
os.environ["NUAGES_CHECKING"] = "1"
# As `manage.py` has it, for settings that look.
sys.argv = ["manage.py", "check", "--deploy"] if IS_DEPLOYED else ["manage.py", "check"]
sys.path = [ROOT] + [path for path in sys.path if path != ROOT]
# The project is looked at, not changed.
sys.dont_write_bytecode = True

DEEPEST = 12
MOST_VALUES = 50_000
MOST_MESSAGES = 1_000
LONGEST_MESSAGE = 4_000
LONGEST_SOURCE = 1 << 20


def answer(**content):
    line = json.dumps(content, allow_nan=False).encode("ascii") + b"\n"
    while line:
        line = line[os.write(answers, line) :]


def text(value):
    # A lone surrogate is no text for anybody else.
    return str.__str__(value).encode("utf-8", "replace").decode("utf-8")


class Values:
    """Values as JSON has them; what it has no form for is named by its type alone."""

    def __init__(self):
        self.left = MOST_VALUES

    def of(self, value, depth=0):
        self.left -= 1
        # The type itself is asked: an object may say that it is another, and be evaluated by the question.
        kind = type(value)
        try:
            if value is None or kind is bool:
                return value
            if issubclass(kind, str):
                return text(value)
            if issubclass(kind, int) and value.bit_length() < 127:
                return int(value)
            if issubclass(kind, float) and math.isfinite(value):
                return float(value)
            if issubclass(kind, os.PathLike):
                path = os.fspath(value)
                return text(path) if isinstance(path, str) else {"\0": "bytes"}
            if depth < DEEPEST and self.left > 0:
                if issubclass(kind, dict):
                    pairs = [(key, item) for key, item in value.items() if type(key) is str]
                    return {text(key): self.of(item, depth + 1) for key, item in pairs}
                if issubclass(kind, (list, tuple, set, frozenset)):
                    return [self.of(item, depth + 1) for item in value]
        except Exception:
            pass
        return {"\0": "object"}


def is_own(path):
    """Whether a file is one of the project's, and no library's in an environment inside of it."""
    if not os.path.isfile(path):
        return False
    path = os.path.realpath(path)
    inside = path.startswith(ROOT + os.sep)
    in_library = path.startswith(os.path.realpath(sys.prefix) + os.sep) and sys.prefix != ROOT
    return inside and not in_library and "site-packages" not in path.split(os.sep)


# What libraries for settings raise where a variable is missing; their messages name it.
MISSING = {"ImproperlyConfigured", "EnvError", "EnvValidationError", "UndefinedValueError"}


def quoted(names, files):
    """Those of the names that the project's own source has in quotes, and that are no variable's value."""
    sources = []
    for path in files:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                sources.append(file.read(LONGEST_SOURCE))
        except OSError:
            pass
    values = set(os.environ.values())
    found = []
    for name in names:
        is_written = any(f'"{name}"' in source or f"'{name}'" in source for source in sources)
        if is_written and name not in values and name not in found:
            found.append(name)
    return found[:3]


def told(error):
    """What may be said of an exception."""
    said = {"class": type(error).__name__}
    places = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if is_own(frame.f_code.co_filename)
    ]
    if isinstance(error, SyntaxError) and error.filename and is_own(error.filename):
        places.append((error.filename, error.lineno))
    if places:
        said["file"], said["line"] = os.path.realpath(places[-1][0]), places[-1][1]
    try:
        if isinstance(error, ModuleNotFoundError):
            said["module"] = error.name
        elif isinstance(error, KeyError) or type(error).__name__ in MISSING:
            message = str(error)
            if message == "The SECRET_KEY setting must not be empty.":
                said["empty"] = "SECRET_KEY"
            names = re.findall(r"\b[A-Z][A-Z0-9_]{1,63}\b", message[:LONGEST_MESSAGE])
            said["names"] = quoted(names, {file for file, _ in places})
    except Exception:
        pass
    return said


def evaluate():
    try:
        import django
        from django.conf import settings
    except ModuleNotFoundError as error:
        if error.name != "django":
            raise
        return answer(missing="django")
    # The first look at any of them evaluates them all.
    settings.INSTALLED_APPS
    holder = settings._wrapped
    names = [name for name in dir(holder) if name.isupper()]
    values = Values()
    file = getattr(sys.modules.get(os.environ["DJANGO_SETTINGS_MODULE"]), "__file__", None)
    answer(
        django=django.__version__,
        file=os.path.realpath(file) if file else None,
        values={name: values.of(getattr(holder, name)) for name in names},
        own=[name for name in names if holder.is_overridden(name)],
        pymysql=getattr(sys.modules.get("MySQLdb"), "__name__", None) == "pymysql",
    )
    try:
        answer(checks=checked())
    except BaseException as error:
        answer(unchecked=told(error))


def checked():
    import django
    from django.core import checks

    django.setup()
    # No alias is named, so that no database is asked.
    found = checks.run_checks(include_deployment_checks=IS_DEPLOYED, databases=[])
    return [
        {
            "id": text(message.id or ""),
            "level": int(message.level),
            "message": text(str(message.msg))[:LONGEST_MESSAGE],
            "hint": text(str(message.hint))[:LONGEST_MESSAGE] if message.hint else None,
            "about": about(message.obj),
        }
        for message in found[:MOST_MESSAGES]
    ]


def about(thing):
    """A model or one of its fields, by name."""
    try:
        model = getattr(thing, "model", thing)
        label = model._meta.label
        return text(label if model is thing else f"{label}.{thing.name}")
    except Exception:
        return None


try:
    evaluate()
except BaseException as error:
    answer(unevaluated=told(error))
# Threads that the project has started, and what it wants done at its end, are not waited for.
os._exit(0)
