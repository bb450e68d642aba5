"""Who asks the heap for memory, and how often a request: the calls of malloc() and its kin in callgrind's dumps, by the object they
are called from."""

import re
from collections import Counter as Sums

# All that hands out memory of the heap, malloc() itself and what calls it on behalf of its caller.
ALLOCATORS = {"malloc", "calloc", "realloc", "reallocarray", "memalign", "posix_memalign", "aligned_alloc", "valloc", "strdup", "strndup",
              "__strdup", "__strndup", "asprintf", "vasprintf", "__asprintf_chk", "__vasprintf_chk", "open_memstream", "fmemopen", "fopen",
              "fdopen", "opendir", "fdopendir", "scandir", "getline", "getdelim", "__getdelim", "getaddrinfo", "realpath"}  # fmt: skip
POSITION = re.compile(r"^(c?)(ob|fn)=\((\d+)\)(?: (.*))?$")
# An entry of .plt.got (of functions whose address is taken, too): a jump that callgrind takes for a function of no object.
NOWHERE = "???"


def edges(dump):
    """(caller, callee, calls) of a dump, functions as (object file, name). Names are written once and numbered then; recursion is marked by 'N."""
    names = {"ob": {}, "fn": {}}
    now, called = {"ob": "", "fn": ""}, {}
    for line in dump.read_text(errors="replace").splitlines():
        if found := POSITION.match(line):
            other, kind, number, name = found.groups()
            if name is not None:
                names[kind][number] = name.rsplit("/", 1)[-1] if kind == "ob" else name.split("'")[0]
            (called if other else now)[kind] = names[kind][number]
        elif line.startswith("calls="):
            yield (now["ob"], now["fn"]), (called.get("ob", now["ob"]), called["fn"]), int(line[6:].split()[0])
            called = {}


def calls(dump):
    """{(object file, caller, allocator): calls} of a dump."""
    every = list(edges(dump))
    jumps = {caller: callee[1] for caller, callee, _ in every if caller[0] == NOWHERE}
    sums = Sums()
    for caller, callee, count in every:
        function = jumps.get(callee, callee[1])
        if function in ALLOCATORS and caller not in jumps:
            sums[(*caller, function)] += count
    return sums


def of_program(by_caller, program):
    """Of calls a request those that the program makes itself, {"caller calls allocator": calls}, and those by library. What libc asks
    for in the midst of something else, as qsort() does, counts as the program's."""
    own, libraries = {}, Sums()
    for (file, caller, allocator), count in by_caller.items():
        if file.startswith("libc.") and caller in ALLOCATORS:
            continue  # strdup() that calls malloc() is counted where it is called
        if file == program or file.startswith("libc."):
            own[f"{caller} calls {allocator}"] = count
        else:
            libraries[file.split(".so")[0]] += count
    return own, libraries
