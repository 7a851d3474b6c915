"""`python -m nuages`: becomes the program."""

import os
import sys

from nuages import _program

program = _program.required()
os.execv(program, [program, *sys.argv[1:]])
