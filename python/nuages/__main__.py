"""`python -m nuages`: becomes the program."""

import os
import sys

from nuages import _program

program = _program.find()
if program is None:
    sys.exit(f"error: {_program.MISSING}")
os.execv(program, [program, *sys.argv[1:]])
