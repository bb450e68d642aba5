"""Compare sparkgate's shell lexer and command-line editor with sh and bash.

    oracle.py DRIVER BIN

BIN holds programs that note how they are called. First, generated texts: the words that our lexer gives a command must be
those with which the shell calls it. Then start lines as people write them, with expansions that try to smuggle options
in: after cmdline_set() the shell must call the program so that Spark's own parser sees the value that was set.
Last, start commands at random (starts.py), edited at random: every other command must be called as before, the server with
its words as they were but for the settings that were edited, and Spark's parser must see those. What fails is made as small
as it goes. The last line is "N passed, N failed, N skipped".
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import starts

TEXTS = 300
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"


# (source, value); value None: an expansion that is exactly one word.
PLAIN = [("a", "a"), ("--master=x", "--master=x"), ("'b c'", "b c"), ('"d e"', "d e"), ("''", ""), ('""', ""),
         ("f'g'\"h\"i", "fghi"), ("it\\'s", "it's"), ("'it'\\''s'", "it's"), ("'it'\"'\"'s'", "it's"), ("\\$V", "$V"), ("'$V'", "$V"),
         ('"\\$V \\" \\\\ \\` \\z"', '$V " \\ ` \\z'), ("a\\\nb", "ab"), ('"a\\\nb"', "ab"), ("a\\ b", "a b"), ("x#y", "x#y"), ("{}", "{}"),
         ("{x}", "{x}"), ("a=b", "a=b"), ("\\#x", "#x"), ("'('", "("), ('";"', ";"), ("$", "$"), ('"$"', "$"), ("k8s://h:1", "k8s://h:1"),
         ("if", "if"), ("then", "then"), ("in", "in"), ("esac", "esac"), ("!", "!"), ("'{{APP_ID}}'", "{{APP_ID}}"), ("a}b", "a}b"),
         ("2", "2"), ("-c", "-c"), ("[x", "[x"), ("x]", "x]"), ("@", "@"), ("%", "%"), ("^", "^"), (",", ",")]
ONE_WORD = [('"$V"', None), ("x$V", None), ('"${V}"', None), ('"${E:-a b}"', None), ("${V}y", None), ('"$(echo "a b")"', None), ("$(echo ')')", None),
            ('"`echo x`"', None), ("`echo \\`echo x\\``", None), ("$((1+(2)))", None), ('"$(case a in a) echo b;; esac)"', None),
            ('"$(echo "$(echo "c d")")"', None), ('"${V:+"e f"}"', None), ("$(echo a # )\n)", None), ("$(cat <<Z\n)'\nZ\n)", None),
            ('"$TWO"', None), ("${V#*/}", None), ("$((2>1?3:4))", None), ('"${V%%"}"*}"', None)]
BASH_ONLY = [("$'b c'", "b c"), ('$"d e"', "d e"), ("$'\\n'x", None), ("<(:)", None)]
REDIRECTIONS = [">/dev/null", "2>&1", "2>/dev/null", "</dev/null", ">>/dev/null", "1>&2", ">|/dev/null", "<&0"]
DOCUMENTS = [("<<E", "x 'y $V (\n\" )\nE"), ("<<-'E F'", "\tp q\n\tE F"), ('<<"E"', "p z\nE")]


class Generator:
    def __init__(self, seed, bash):
        self.rng = random.Random(seed)
        self.words = PLAIN + ONE_WORD + (BASH_ONLY if bash else [])
        self.bash = bash
        self.expected = []
        self.pending = []

    def command(self, expected=True):
        rng = self.rng
        pieces, values = ["p"], ["p"]
        for _ in range(rng.randrange(5)):
            source, value = rng.choice(self.words)
            pieces.append(source)
            values.append(value)
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            pieces.insert(rng.randrange(1, len(pieces) + 1), rng.choice(REDIRECTIONS))
        if rng.random() < 0.1:
            operator, body = rng.choice(DOCUMENTS)
            pieces.append(operator)
            self.pending.append(body)
        if rng.random() < 0.15:
            pieces.insert(0, rng.choice(("A=1", "A='x y' B=$V", "A=\"$(echo a b)\"")))
        if expected:
            self.expected.append(values)
        return rng.choice((" ", " ", "  ", "\t", " \\\n ")).join(pieces)

    def newline(self):
        text = self.rng.choice(("", " # p no 'word")) + "\n" + "".join(body + "\n" for body in self.pending)
        self.pending = []
        return text

    def separator(self):
        return self.newline() if self.pending or self.rng.random() < 0.4 else self.rng.choice((";", " ; ", " && ", "&&\n", " ;\n"))

    def compound(self, depth):
        rng = self.rng
        inner = lambda: self.list(depth - 1)
        kinds = [lambda: "{ " + inner() + "; }", lambda: "( " + inner() + " )", lambda: "if " + inner() + "; then " + inner() + "; fi",
                 lambda: "for x in 'a b'; do " + inner() + "; done", lambda: "case x in y) q;; (x|z) " + inner() + " ;; esac",
                 lambda: "while " + inner() + "; do break; done", lambda: "if ! false\nthen\n" + inner() + "\nelse q (\nfi".replace(" (", ""),
                 lambda: "f() { " + inner() + "; }; f"]
        if self.bash:
            kinds += [lambda: "[[ x =~ ^(x|y)$ && a < b ]] && " + inner(), lambda: "((1 > 0)) && " + inner(),
                      lambda: "function g { " + inner() + "; }; g"]
        return rng.choice(kinds)()

    def list(self, depth):
        text = ""
        for i in range(self.rng.randrange(1, 3)):
            if i:
                text += self.separator()
            text += self.compound(depth) if depth and self.rng.random() < 0.35 else self.command()
        if self.pending:  # a body begins behind the line, so nothing may follow on it
            text += self.newline() + ":"
        return text


def call(shell, text, folder, extra=()):
    """How the programs were called: a list of [name, word, ...]."""
    calls = folder / "calls"
    calls.unlink(missing_ok=True)
    env = {"PATH": str(folder.bin) + ":/usr/bin:/bin", "CALLS": str(calls), "BINDIR": str(folder.bin), "SPARK_HOME": str(folder / "opt/spark"), **starts.VARIABLES}
    done = subprocess.run([shell, "-c", text, "sh", *extra], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=20,
                          cwd=folder, check=False)
    data = calls.read_bytes().decode() if calls.exists() else ""
    return [record.split("\0")[:-1] for record in data.split("\x01")[:-1]], done.stderr.decode()


class Folder(type(pathlib.Path())):
    bin = None


def hexed(text):
    return text.encode().hex() or "-"


def ask(driver, questions):
    text = "".join(" ".join([verb, *map(hexed, fields)]) + "\n" for verb, *fields in questions)
    done = subprocess.run([driver], input=text, stdout=subprocess.PIPE, check=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def fits(ours, real):
    return len(ours) == len(real) and all(a is None or a == b for a, b in zip(ours, real))


def compare_words(driver, folder, report):
    cases = []
    for i in range(TEXTS):
        generator = Generator(i, bash=i % 2 == 1)
        text = generator.list(2)
        cases.append(("bash" if i % 2 else "sh", text, generator.expected))
    answers = ask(driver, [("parse", text) for _, text, _ in cases])
    for (shell, text, expected), answer in zip(cases, answers):
        real, complaint = call(shell, text, folder)
        commands = answer.get("commands")
        ours = None
        if commands is not None:
            ours = [c[next(i for i, w in enumerate(c) if w == "p"):] for c in commands if "p" in c]
        good = ours is not None and len(ours) == len(real) and all(map(fits, ours, real))
        report(good, f"{shell} -c {text!r}\n  ours {answer}\n  real {real} {complaint}")


# ---- what Spark sees ----

VALUED = """--archives --class --conf -c --deploy-mode --driver-class-path --driver-cores --driver-default-class-path
--driver-java-options --driver-library-path --driver-memory --executor-cores --executor-memory --files --jars --keytab --kill
--master --remote --name --num-executors --packages --exclude-packages --principal --properties-file --proxy-user --py-files
--queue --repositories --status --total-executor-cores""".split()
SWITCHES = "--help -h --supervise --usage-error --verbose -v --version --load-spark-defaults".split()
DEDICATED = {option: key for key, option in starts.OPTIONS.items()}


def options_of(name, words):
    """SparkSubmitOptionParser.parse with the launcher's mixed arguments, which java alone has not, written from the Java: (key or None,
    value, words)."""
    words = list(words)
    if name in ("java", "spark-class"):
        words = words[words.index("org.apache.spark.deploy.SparkSubmit") + 1:]
    if name == "start-connect-server.sh":
        words = ["--class", SERVER, "--name", "Spark Connect server"] + words[words[:1] == ["--wait"]:]
    found, mixed, i = [], False, 0
    while i < len(words):
        word, value, begin = words[i], None, i
        match = re.fullmatch(r"(--[^=]+)=([^\n\r\u0085\u2028\u2029]+)", word)
        if match:
            word, value = match.groups()
        if word in VALUED:
            if value is None:
                i += 1
                if i == len(words):
                    raise ValueError("Missing argument for option")
                value = words[i]
            key = DEDICATED.get(word)
            if word in ("--conf", "-c"):
                key, equals, value = value.partition("=")
                if not equals:
                    raise ValueError("Spark config without '='")
            mixed |= name != "java" and word == "--class" and value == SERVER
            found.append((key, value, words[begin:i + 1]))
        elif word in SWITCHES or mixed:
            found.append((None, None, [word]))
        else:
            found.append((None, None, words[i:]))
            break
        i += 1
    return found


def spark_sees(name, words):
    """The settings; an option of its own is stronger than --conf."""
    conf, options = {}, {}
    for key, value, source in options_of(name, words):
        if key is not None:
            (options if source[0].partition("=")[0] in DEDICATED else conf)[key] = value
    return {**conf, **options}


S = "/opt/spark/sbin/start-connect-server.sh".replace("/opt/spark/sbin/", "")
LINES = [
    S, S + " --master x", S + " --master=x --conf spark.master=y", S + " $OPTS", S + ' "$@"', S + " --wait $OPTS", S + " --wait --name n",
    S + " $OPTS >/dev/null 2>&1", S + " $MASTER_ONLY --master x # c", S + ' --conf "spark.a=$V" $OPTS | cat', S + " $E $OPTS; :",
    S + " --master k8s://https://${HOST}:${V} --name 'n m'", S + " --master $(echo x | tr x y) $OPTS", "( exec " + S + " $OPTS ) & wait",
    "A=1 exec " + S + " $OPTS \\\n  --name n \\\n", "env A=1 nohup " + S + " $OPTS", "if ! x=$(false); then " + S + " $OPTS; fi",
    "case $V in v) " + S + " $OPTS;; esac", "run() { " + S + ' "$@"; }; run $OPTS', "spark-submit $OPTS --class " + SERVER + " a.jar",
    "spark-submit --jars /nothing/*.jar --class " + SERVER + " local:///a.jar --master x", "spark-submit --class=" + SERVER + " $OPTS b",
    "$SUBMIT --class " + SERVER + " --executor-cores 4 $OPTS", "C=" + S + "; exec $C $OPTS", "C='" + S + " --master x'; $C $OPTS",
    "sh -c '" + S + " $OPTS'", "sh -c \"" + S + " --name 'a b'\"", "eval '" + S + " --master x'", "cat <<E >/dev/null\n--master x\nE\n" + S + " $OPTS",
    "echo --master x; " + S + " `echo $OPTS`", S + " --total-executor-cores 7 $OPTS", S + " --conf $V=x", S + " ''", "p " + S + "; " + S,
    "sh -c \"" + S + " --master x $OPTS\"", 'bash -c "' + S + ' --name $V $MASTER_ONLY; :"', "A='--class " + SERVER + "'; spark-submit $A $OPTS",
    "true && { " + S + " --name n >/dev/null; }", "sh -c '" + S + " \"$@\"' sh $OPTS", "bash -c 'exec \"$0\" \"$@\"' " + S + " --master x",
]
BASH_LINES = [
    "f() { " + S + ' --x="$@"; }; f --name --master evil', "A=(--master x --name 'n m'); " + S + ' "${A[@]}"', "A=(); A+=(--master x); " + S + ' "${A[@]}" $OPTS', "C=(" + S + ' --name n); "${C[@]}" $OPTS',
    "if [[ $V == v ]]; then A=(--master x); fi; " + S + ' "${A[@]}" 2>&1', "A=($OPTS); " + S + ' "${A[@]}"', S + " &>/dev/null", S + " <<<x $OPTS",
    "C='" + S + " '; C+='--name n '; exec $C $OPTS",
]
MOST_UNREAD = 5
VALUES = {"spark.master": "spark://m:7077", "spark.executor.cores": "2", "spark.a": "it's \"$V\" `b` * [::1]"}


def compare_settings(driver, folder, report):
    cases = [(shell, line) for shell in ("sh", "bash") for line in LINES] + [("bash", line) for line in BASH_LINES]
    pairs = [field for pair in VALUES.items() for field in pair]
    for (shell, line), answer in zip(cases, ask(driver, [("set", line, *pairs) for _, line in cases])):
        if not answer.get("lines"):
            report(False, f"{line!r}: {answer}")
            continue
        calls, complaint = call(shell, answer["text"], folder, ("--master", "evil", "--executor-cores=99"))
        calls = [c for c in calls if c[0] != "p"]
        good, seen = bool(calls), None
        for name, *words in calls:
            seen = spark_sees(name, words)
            good &= all(seen.get(key) == value for key, value in VALUES.items())
        report(good, f"{shell}: {line!r}\n  became {answer['text']!r}\n  calls {calls} {complaint}\n  Spark sees {seen}")
    again = ask(driver, [("set", a.get("text", ""), *pairs) for a in ask(driver, [("set", line, *pairs) for _, line in cases])])
    for (_, line), first, second in zip(cases, ask(driver, [("set", line, *pairs) for _, line in cases]), again):
        report(first.get("text") == second.get("text"), f"{line!r}: a second time {second}")


# Lists of options that begin with --wait, and others; "fills" must leave the former in front. (text, may the settings that yield be left out?)
FILLED = [
    ("O='--wait --master x'; " + S + " $O", False), ("O='--wait --executor-cores 4'; " + S + " $O", True), ("W=--wait; " + S + " $W $OPTS", False),
    ("W=--wait; " + S + " ${W:-} --name n", False), (S + " ${W:---wait} --name n", False), (S + " $E --wait", False), ("W=; " + S + " $W $E --wait", False),
    ("set -- --wait \"$@\"; " + S + ' "$@"', True), (S + " $(echo --wait) $OPTS", True), ("O='--master x'; O=\"--wait $O\"; " + S + " $O", False),
    ("O='--name n'; : --wait; " + S + " $O", False), (S + " --name n --wait $OPTS", False), ("W=--wait; export SPARK_NO_DAEMONIZE=1; " + S + " $OPTS $W", False),
    ("eval " + S + " --master x", False), ("eval " + S + " '--conf spark.c=d --master x'", False), ("eval " + S + " --conf 'spark.b=c --master x' $OPTS", False),
]
BASH_FILLED = [
    ("A=(--wait --name n); " + S + ' "${A[@]}" $OPTS', False), ("C=(" + S + ' "$@"); "${C[@]}"', False), ("C=(exec " + S + '\n # c\n --name n $OPTS)\n"${C[@]}" -v', False),
    ("C=(" + S + " --name n -v); ${C[@]} $OPTS", False), ("C=(" + S + '); C+=("$@"); "${C[@]}"', False), ("C=(" + S + ' "$@"); set -- --wait; "${C[@]}"', False),
    ("A=(--master x \"$@\"); " + S + ' "${A[@]}"', False),
]
FILLS = {"spark.driver.host": "10.0.0.1", "spark.executor.cores": "2", "spark.driver.port": "7078"}


def problem_of_filling(old, new, may_leave_out):
    """What yields is as the user's words have it, or else as it is filled in; the first word stays."""
    was, seen = spark_sees(old[0], old[1:]), spark_sees(new[0], new[1:])
    if seen.get("spark.master") != VALUES["spark.master"]:
        return "another master"
    if (old[1:2] == ["--wait"]) != (new[1:2] == ["--wait"]):
        return "--wait is not where it was"
    for key, value in FILLS.items():
        if seen.get(key) != was.get(key, value) and not (may_leave_out and key not in seen):
            return f"{key} is {seen.get(key)}, not {was.get(key, value)}"
    return None


def compare_filled(driver, folder, report):
    cases = [(shell, *case) for shell in ("sh", "bash") for case in FILLED] + [("bash", *case) for case in BASH_FILLED]
    pairs = ["spark.master", VALUES["spark.master"], *(field for pair in FILLS.items() for field in pair)]
    answers = ask(driver, [("fill", text, *pairs) for _, text, _ in cases])
    again = ask(driver, [("fill", answer.get("text", ""), *pairs) for answer in answers])
    for (shell, text, may_leave_out), answer, second in zip(cases, answers, again):
        report(answer.get("text") and answer["text"] == second.get("text"), f"{text!r}: {answer} a second time {second}")
        before, after = (parted(call(shell, t, folder, ("--master", "evil", "--executor-cores=99"))[0])[0] for t in (text, answer.get("text", "")))
        problems = [problem_of_filling(old, new, may_leave_out) for old, new in zip(before, after)]
        report(len(before) == len(after) == 1 and not any(problems), f"{shell}: {text!r}\n  became {answer.get('text')!r}\n  called {before}, now {after}: {problems}")


SERVERS = ("start-connect-server.sh", "spark-submit", "java", "spark-class")


# ---- where shells differ ----

EVIL = S + " --master local"
# Each starts EVIL, in one of the two shells at least, out of sight of who reads it as the other does.
DIFFERING = [
    "[[ x =~ (#) ]] || " + EVIL + "\n]]\n" + S, "[[ x == !(#) ]] && " + EVIL + "\n]]\n" + S, "[[ a || " + EVIL + " ]]", "[[ a ||\n" + EVIL + "\n]]\n" + S, "[[ a\n" + EVIL + "\n( ]]\n" + S, ": $'\\'' ; " + EVIL + " ; : '' #'", S + " --name n &>/dev/null --master local",
    "cat <<$'EOF'\nEOF\n" + EVIL + "\n$EOF\n" + S, "cat <<$'EOF'\nEOF\n$EOF\n" + EVIL + "\nEOF\n", "cat <<'E\\OF'\nE\\OF\n" + EVIL + "\nEOF\n" + S,
    'cat <<"A\\B"\nA\\B\n' + EVIL + "\nAB\n" + S, "cat <<EOF\nE\\\nOF\n" + EVIL + "\nEOF\n" + S, "cat <<E\\\nOF\nEOF\n" + EVIL + "\nE\\OF\n" + S, "cat <<E\\\nOF\nEOF\n" + EVIL + "\nE\n" + S,
    "cat <<'A\nB'\nA\nB\n" + EVIL + "\n" + S, "cat <<EOF\n$(:\nEOF\ncat <<'X'\n)\nEOF\n" + EVIL + "\nX\n" + S, "x=$(cat <<EOF\nEOF)\n" + EVIL + "\nEOF\n)\n" + S,
    "cat <<\\\n-EOF\n\tEOF\n" + EVIL + "\n-EOF\n" + S, "cat <<EOF\nx\\\nEOF\n" + S + "\nEOF\n" + EVIL, "((" + EVIL + "))", ". spark-submit --class " + SERVER + " --master local",
]
# Both read these alike.
ALIKE = [
    'if [[ -n "$V" && $V == v ]]; then :; fi\n' + S, '[ -n "$V" ] && ' + S, S + " &>/dev/null", "p &>/dev/null && " + S, "cat <<'EOF' >/dev/null\nE\\\nOF `\nEOF\n" + S,
    "cat <<EOF >/dev/null\na \\\n b\nEOF\n" + S, "cat <<-EOF >/dev/null\n\ta $(p `p`) ${V:-x}\n\tEOF\n" + S, S + " --name $'a b'", "x=$(cat <<EOF\n(x)\nEOF\n); " + S, ". /dev/null; " + S,
]


def compare_differing(driver, folder, report):
    """No server without the master that was set, whichever shell reads the text; or it has been told."""
    cases = [(text, True) for text in DIFFERING] + [(text, False) for text in ALIKE]
    for (text, may_be_told), answer in zip(cases, ask(driver, [("set", text, "spark.master", "spark://m:7077") for text, _ in cases])):
        told = bool(answer.get("unlocated") or answer.get("error"))
        changed = answer.get("text") or text
        calls = [(shell, words) for shell in ("sh", "bash") for words in call(shell, changed, folder)[0] if words[0] in SERVERS]
        held = all(spark_sees(name, words).get("spark.master") == "spark://m:7077" for _, (name, *words) in calls)
        report((held and bool(calls) and not told) or (may_be_told and told), f"{text!r}: {answer}\n  calls {calls}")


# ---- start commands at random ----

def kubernetes(text):
    """What the kubelet makes of a container's argument: none of our $(names) is a variable of the container."""
    return text.replace("$$", "$")


def parted(calls):
    """(the servers' in order, all others)"""
    return [c for c in calls if c[0] in SERVERS], sorted(c for c in calls if c[0] not in SERVERS)


def rest(call, keys):
    """The words of a server but for those that set one of keys."""
    return [source for key, _, source in options_of(call[0], call[1:]) if key not in keys]


def problem_of_call(old, new, edits):
    try:
        kept = rest(old, edits)
    except ValueError:
        return None  # Spark refuses it, with us and without us
    try:
        seen = spark_sees(new[0], new[1:])
        left = rest(new, edits)
    except ValueError as e:
        return f"Spark refuses {new}: {e}"
    if any(seen.get(key) != value for key, value in edits.items()):
        return f"Spark sees {seen}"
    return f"the server was called as {old}, now {new}" if left != kept else None


def problem_of(start, answer, folder):
    """(verdict, what is wrong or None)"""
    if "error" in answer:
        return "refused", None
    if not answer["lines"]:
        return "not located", None if answer["unlocated"] else "the server was overlooked"
    edits = dict(start.told["edits"])
    before, old_complaint = call(start.shell, kubernetes(start.text()), folder)
    after, complaint = call(start.shell, kubernetes(answer["text"]), folder)
    (servers, others), (new_servers, new_others) = parted(before), parted(after)
    if others != new_others:
        return "edited", f"others were called as {others}, now {new_others} {complaint}"
    if len(servers) != len(new_servers):
        return "edited", f"the server was called as {servers}, now {new_servers} {old_complaint}{complaint}"
    for old, new in zip(servers, new_servers):
        wrong = problem_of_call(old, new, edits)
        if wrong:
            return "edited", wrong
    return "edited" if servers else "never started", None


def question(start):
    return ("set", start.text(), *(field for edit in start.told["edits"] for field in edit))


class Sample:
    """A start command that somebody wrote, in a small copy of the image that it was written for."""

    def __init__(self, shell, path, folder):
        self.shell, self.path, self.folder = shell, path, folder
        self.told = {"edits": list(map(list, VALUES.items()))}

    def text(self):
        return re.sub(r"/(opt|stackable)/", lambda m: f"{self.folder}/{m.group(1)}/", self.path.read_text()).replace("$(POD_IP)", "10.1.2.3")


def make_image(folder):
    for home in ("opt/spark", "stackable/spark"):
        (folder / home / "conf").mkdir(parents=True)
        (folder / home / "sbin").symlink_to(folder.bin)
        (folder / home / "bin").symlink_to(folder.bin)
    for name in ("spark-properties.conf.template", "executor-pod-template.yaml.template"):
        (folder / "opt/spark/conf" / name).touch()
    (folder / "opt/entrypoint.sh").symlink_to(folder.bin / "tini")


def compare_samples(driver, folder, report, samples):
    make_image(folder)
    cases = [Sample(shell, path, folder) for path in sorted(pathlib.Path(samples).glob("commands/*.txt")) for shell in ("sh", "bash")]
    for case, answer in zip(cases, ask(driver, list(map(question, cases)))):
        verdict, problem = problem_of(case, answer, folder)
        report(not problem and verdict in ("edited", "never started" if case.shell == "sh" else ""), f"{case.path.name}, {case.shell}: {verdict}: {problem} {answer}")


def minimise(driver, start, folder):
    """Leave out pieces as long as something is still wrong."""
    shrunk = True
    while shrunk:
        shrunk = False
        for undo in start.smaller():
            if problem_of(start, ask(driver, [question(start)])[0], folder)[1]:
                shrunk = True
            else:
                undo()
    answer = ask(driver, [question(start)])[0]
    return answer, problem_of(start, answer, folder)[1]


def compare_starts(driver, folder, report, seed, count):
    cases = [starts.Start(seed + i) for i in range(count)]
    answers = ask(driver, list(map(question, cases)))
    again = ask(driver, [(q[0], a.get("text", ""), *q[2:]) for q, a in zip(map(question, cases), answers)])
    folders = [Folder(tempfile.mkdtemp(dir=folder)) for _ in range(2)]
    verdicts = collections.Counter()

    def judge(part):
        return [problem_of(case, answer, folders[part]) for case, answer in zip(cases[part::2], answers[part::2])]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(judge, range(2)))
    for i, (case, answer, second) in enumerate(zip(cases, answers, again)):
        verdict, problem = halves[i % 2][i // 2]
        verdicts[verdict] += 1
        if problem and report(False, f"SEED={seed + i} COUNT=1"):
            answer, problem = minimise(driver, case, folder)
            print(f"  {case.shell}: {case.text()!r}\n  with {case.told['edits']} became {answer.get('text')!r}\n  {problem}\n"
                  f"  printf '%s\\n' '{' '.join([question(case)[0], *map(hexed, question(case)[1:])])}' | {driver}")
        elif not problem:
            stable = verdict in ("refused", "not located") or second.get("text") == answer["text"]
            report(stable, f"SEED={seed + i} COUNT=1: {answer.get('text')!r} a second time {second}")
    print(f"tests/conformance/shell: {count} start commands, seed {seed}: " + ", ".join(f"{n} {v}" for v, n in sorted(verdicts.items())))
    unread = verdicts["refused"] + verdicts["not located"] + verdicts["never started"]
    if count >= 1000:
        report(unread * 100 < count * MOST_UNREAD, f"{unread} of {count} say nothing: more than {MOST_UNREAD} %")


def main():
    driver, programs, seed, count, *samples = sys.argv[1:]
    passed = failed = 0

    def report(good, text):
        nonlocal passed, failed
        passed, failed = passed + good, failed + (not good)
        if not good and failed <= 10:
            print("tests/conformance/shell:", text)
        return failed <= 10

    with tempfile.TemporaryDirectory() as name:
        folder = Folder(name)
        Folder.bin = pathlib.Path(programs)
        compare_words(driver, folder, report)
        compare_settings(driver, folder, report)
        compare_filled(driver, folder, report)
        compare_differing(driver, folder, report)
        for each in samples:
            compare_samples(driver, folder, report, each)
        compare_starts(driver, folder, report, int(seed), int(count))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
