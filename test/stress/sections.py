# For gdb, which has a counting process: finds every critical section by the tables that the addon has for debuggers, stops
# at the start of each one, and steps through it, instruction by instruction, until the operation has returned.
#   gdb --batch -p PID -x sections.py
# SIGURG, which nobody else minds, comes every few seconds: after the third one without a hit it is done. Prints one line of JSON: { sections, wrong, stepped: [{ entered,
# aborted, committed, steps }] }.
import json

import gdb

SIGNATURE = 0x53053053 if "x86-64" in gdb.selected_inferior().architecture().name() else 0xD428BC00
MOST = 20000


def quiet(command):
    return gdb.execute(command, to_string=True)


def word(address, size=8):
    return int.from_bytes(gdb.selected_inferior().read_memory(address, size).tobytes(), "little")


def parts(name):
    """Where a part of that name is loaded, of each file that has one."""
    for line in quiet("info files").splitlines():
        words = line.split()
        if len(words) == 7 and words[4] == name:
            yield int(words[0], 16), int(words[2], 16), words[6]


class Section:
    def __init__(self, descriptor, table):
        version_and_flags, self.start, length, self.abort = [word(descriptor + 8 * i) for i in range(4)]
        self.end = self.start + length
        self.right = (
            version_and_flags == 0
            and any(start <= descriptor < end for start, end, _ in table)
            and word(self.abort - 4, 4) == SIGNATURE
            and not self.start <= self.abort < self.end
        )


def pc():
    return int(gdb.selected_frame().pc())


def step_through(sections, text):
    """From the start of a section until the thread is in other code than the addon's."""
    found = {"entered": 0, "aborted": 0, "committed": 0, "steps": 0}
    at = pc()
    inside = None
    while found["steps"] < MOST:
        for section in sections:
            if at == section.start:
                inside = section
                found["entered"] += 1
        quiet("stepi")
        found["steps"] += 1
        at = pc()
        if inside is not None and not inside.start < at < inside.end:
            found["committed" if at == inside.end else "aborted"] += 1
            inside = None
        if not any(start <= at < end for start, end in text):
            return found
    raise gdb.GdbError("%d steps, and the operation has not returned" % MOST)


def main():
    for setting in ["pagination off", "confirm off", "breakpoint pending off"]:
        quiet("set " + setting)
    quiet("handle all nostop noprint pass")
    quiet("handle SIGURG stop print nopass")
    quiet("handle SIGTRAP stop nopass")
    quiet("handle SIGINT stop nopass")
    table = list(parts("__rseq_cs"))
    arrays = list(parts("__rseq_cs_ptr_array"))
    files = {file for _, _, file in arrays}
    text = [(a, b) for name in (".text", "__rseq_failure") for a, b, file in parts(name) if file in files]
    descriptors = [word(at) for start, end, _ in arrays for at in range(start, end, 8)]
    sections = [Section(descriptor, table) for descriptor in descriptors]
    breakpoints = {section.start: gdb.Breakpoint("*%d" % section.start, internal=True) for section in sections}
    stepped = []
    in_vain = 0
    while breakpoints and in_vain < 3:
        quiet("continue")
        breakpoint = breakpoints.pop(pc(), None)
        if breakpoint is None:
            in_vain += 1
            continue
        in_vain = 0
        breakpoint.delete()
        quiet("set scheduler-locking on")
        for other in breakpoints.values():
            other.enabled = False
        stepped.append(step_through(sections, text))
        for other in breakpoints.values():
            other.enabled = True
        quiet("set scheduler-locking off")
    for breakpoint in breakpoints.values():
        breakpoint.delete()
    quiet("detach")
    wrong = sum(not section.right for section in sections)
    print(json.dumps({"sections": len(sections), "wrong": wrong, "stepped": stepped}))


if __name__ == "__main__":
    main()
