# For gdb, which has a process that is about to count: a breakpoint on the last instruction of every critical section, which
# stores. Nothing stops there for long: gdb goes on from each by itself, as it does from one with a condition that is false.
#   gdb --batch -p PID -x breakpoint.py
# Prints "armed", and at the process's end one line of JSON: { sections, hits }.
import json
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from sections import Section, parts, quiet, word  # noqa: E402

hits = 0


class Passing(gdb.Breakpoint):
    def stop(self):
        global hits
        hits += 1
        return False


def main():
    for setting in ["pagination off", "confirm off", "breakpoint pending off", "print thread-events off"]:
        quiet("set " + setting)
    quiet("handle all nostop noprint pass")
    quiet("handle SIGTRAP stop nopass")
    table = list(parts("__rseq_cs"))
    sections = [
        Section(word(at), table) for start, end, _ in parts("__rseq_cs_ptr_array") for at in range(start, end, 8)
    ]
    code = gdb.selected_inferior().architecture()
    for section in sections:
        last = code.disassemble(section.start, section.end - 1)[-1]["addr"]
        Passing("*%d" % last, internal=True)
    print("armed", flush=True)
    quiet("continue")
    print(json.dumps({"sections": len(sections), "hits": hits}))


main()
