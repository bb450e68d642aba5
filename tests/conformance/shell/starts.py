"""Start commands of Connect servers at random, as people write them for a shell.

A text is described by lists of pieces; each piece can be left out and what remains is still a start command.
"""
import random
import shlex

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
VARIABLES = {"V": "v", "E": "", "TWO": "x y", "OPTS": "--master evil --conf spark.a=evil --executor-cores 99", "MASTER_ONLY": "--master=evil",
             "SUBMIT": "spark-submit", "HOST": "10.0.0.1", "MORE": "--conf spark.b=b -v --name=evil", "STAR": "*", "SLASH": "a\\b"}
# key -> its option, for those that have one
OPTIONS = {"spark.master": "--master", "spark.executor.cores": "--executor-cores", "spark.cores.max": "--total-executor-cores",
           "spark.executor.instances": "--num-executors", "spark.executor.memory": "--executor-memory", "spark.submit.deployMode": "--deploy-mode",
           "spark.app.name": "--name", "spark.driver.extraJavaOptions": "--driver-java-options"}
KEYS = [*OPTIONS, "spark.a", "spark.driver.host", "spark.b"]
VALUES = ["1", "v", "spark://m:7077", "k8s://https://kubernetes.default.svc:443", "a b", "it's", 'say "x"', "back\\slash", "$V", "`id`", "*", "[::1]", "a=b=c",
          "--master", "#no", "~", "{a,b}", "x;y|z&", "gr\u00fc\u00dfe", "!", "local[*]", "-Da='b c' -Dd=\"e\""]
# sources that are one word, whatever the variables hold
EXPANSIONS = ['"$V"', "$V", "x$V", '"${V}"', '"${E:-a b}"', '"$TWO"', '"$(echo "a b")"', "$(echo x)", "`echo x`", "$((1+2))", "${V:-w}", '"${V%%"}"*}"', '"$OPTS"',
              '"$(cat <<Z\n\'" --master no )\nZ\n)"', '"${SLASH}"', "${HOST}:${V}", '"$STAR"', "$(echo z # )\n)"]
# sources that may be options, or nothing
OPAQUE = ["$OPTS", "$E", "${OPTS}", "${E:-}", "$MASTER_ONLY", "$(echo $OPTS)", "`echo $MORE`", "${MORE:+$MORE}", '"$MASTER_ONLY"', "$MORE $E", "${E:-$OPTS}"]
OTHER = [["--verbose"], ["-v"], ["--jars", "/nothing/a.jar,/nothing/b.jar"], ["--packages=a:b:1"], ["--driver-memory", "2g"], ["--properties-file", "/x y"], ["--supervise"],
         ["--driver-java-options", "-Da=b --master=no"], ["--conf", "spark.hadoop.x= y "], ["--files=/etc/x#y"], ["--py-files", "--conf"]]
PREFIXES = ["exec", "A=1", "A='x y' B=$V", "env A=1", "nohup", "tini --", "tini -s --", "env A=\"$TWO\" B=2", "exec env -u A", "nice", "A=--master", "command",
            "C=\"$(echo --master no)\"", "stdbuf -o0", "timeout 60", "2>/dev/null", "\"$BINDIR/tini\" -- env"]
REDIRECTIONS = [">/dev/null", "2>&1", "2>/dev/null", "</dev/null", "> /dev/null 2>&1", ">>/dev/null", "1>&2", ">|/dev/null"]
BASH_REDIRECTIONS = ["&>/dev/null", "<<<'--master no'", ">& /dev/null"]
OTHERS = ["p --master spark://no:1 --conf spark.a=no", "# --master no 'x", "p 'a b' \"$TWO\"", "set -e", "cat <<X >/dev/null\n--master no\n'\" $V (\nX", "X=$(p --master no)",
          "if p --name no; then p yes; else p no; fi", "for i in 1 2; do p $i --master no; done", "[ -n \"$V\" ] && p --master \"$V\"", "echo '--master no' | cat >/dev/null",
          "f() { p \"$@\"; }; f --master no", "case $V in (x) p x;; v|w) p --conf spark.a=no ;; esac", "{ p a; p b; }", "( cd /; p --master no )", "p <<-'X Y'\n\tit's --master\n\tX Y",
          "i=0; while [ $i -lt 2 ]; do i=$((i+1)); p --master=$i; done", "export MASTER=no OPT='--master no'", "p --master no \\\n  --name no", "trap 'p bye --master no' EXIT",
          "p \"it's\" 'say \"x\"' \\\"", "! false", ": ${W:=--master no}", "p $((1<<2)) $(echo a # )\n)", "until p; do :; done", "eval 'p --master no'", "p x#--master no",
          "echo start-connect-server.sh --master no >/dev/null", "unset A; A=1", "p `echo --master no` $OPTS", ": \"${V#'\"'}\" '--master no'", "p \"`: \\\"a' --master no\\\"`\" \"it's\"", "p \"${E:-'a b'}\" {n} >/dev/null",
          "p $(( $(echo \"2\") + 1 ))", "p $V\\\n --name no"]
BASH_OTHERS = ["A=(--master no); p \"${A[@]}\"", "[[ $V =~ ^(v|w)$ && a < b ]] && p --master no", "((1 < 2)) && p no", "function g { p \"$1\"; }; g --master", "p $'it\\x27s' $\"x\"",
               "for ((i=0;i<2;i++)); do p $i; done", "p <(echo --master no) >/dev/null", "p {a,b}--master", "cat <<<'--master no' >/dev/null", "p a |& cat"]
# what stands around the start: {} is the start, then a newline where it needs one
AROUND = ["{{ {}\n}}", "( {}\n)", "if true; then {}\nfi", "if ! {}\nthen p no; fi", "for i in 1 2; do {}\ndone", "case $V in a) p x --master no;; v) {}\n;; *) p;; esac",
          "while {}\ndo break; done", "f() {{ {}\n}}; f --master no", "test -n \"$V\" && {}\n", "false || {}\n", "{{ {}\n}} & wait", "{{ {}\n}} | cat", "{{ {}\n}} >/dev/null 2>&1",
          "{{ {}\n}} <<EOF\n--master no '\n$V\nEOF", "x=1; {}\n", "p a; {}\np z", "if false; then p no; elif true; then {}\nfi", "set -e; {}\n", "p first && {{ {}\n}} && p last",
          "test -z \"$V\" || {}\n", "p in | ( {}\n) && p --master no"]
SIMPLE_AROUND = ["{} & wait", "{} | cat", "{}; p --master no", "{} && p last", "{} || p never", "p a; {}", "( {} )", "{{ {}; }}", "if {}; then :; fi", "{} & p b --master no; wait"]
BASH_AROUND = ["if [[ $V == v ]]; then {}\nfi", "((1)) && {}\n", "time {}\n", "function h {{ {}\n}}; h", "{{ {}\n}} |& cat", "for ((i=0; i<1; i++)); do {}\ndone", "coproc {{ {}\n}}; wait"]


def render(rng, text, bash):
    """Text as somebody may write it for a shell."""
    styles = ["plain", "plain", "double", "single", "mixed"] + (["dollar"] if bash else [])
    style = rng.choice(styles)
    if style == "plain":
        if shlex.quote(text) == text and rng.random() < 0.9:
            return text
        return "".join(c if c.isalnum() or c in "-_./:=,@%+" else "\\" + c for c in text) or "''"
    if style == "single":
        return "'" + text.replace("'", rng.choice(("'\\''", "'\"'\"'"))) + "'"
    if style == "double":
        return '"' + "".join("\\" + c if c in '\\"$`' else c for c in text) + '"'
    if style == "dollar":
        return "$'" + "".join({"\\": "\\\\", "'": "\\x27", "\t": "\\t"}.get(c, c) for c in text) + "'"
    cut = rng.randrange(len(text) + 1)
    return (render(rng, text[:cut], False) + rng.choice(("", "", "\\\n")) + render(rng, text[cut:], False)) if text else "''"


def rank(prefix):
    """Assignments come first, then what only a shell can run."""
    first = prefix.split()[0]
    return 0 if "=" in first else {"command": 1, "exec": 2}.get(first, 3)


class Start:
    """One text: told is what it is made of."""

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.shell = rng.choice(("sh", "bash"))
        self.bash = self.shell == "bash"
        pick = self.pick
        self.head = rng.choice(HEADS)
        # Without the launcher the word behind $'--conf' is the application to one shell and the option's value to the other.
        self.bash_names = self.bash and not self.head.startswith("java")
        self.told = {
            "before": pick(OTHERS, BASH_OTHERS, (0, 0, 1, 1, 2)), "prefix": pick(PREFIXES, [], (0, 0, 0, 1, 1, 2)), "options": self.options(),
            "redirections": pick(REDIRECTIONS, BASH_REDIRECTIONS, (0, 0, 0, 1, 2)), "around": pick(AROUND, BASH_AROUND, (0, 0, 0, 1, 1, 2)),
            "simple": pick(SIMPLE_AROUND, [], (0, 0, 0, 1)), "inner": [s for s in ("inner",) if rng.random() < 0.12], "comment": [s for s in (" # --master no 'x",) if rng.random() < 0.1],
            "after": pick(OTHERS, BASH_OTHERS, (0, 0, 0, 1)), "edits": self.edits()}
        self.tail = rng.choice(([], [], [], ["local:///opt/a.jar"], ["spark-internal"], ["a.jar", "--name", "'an arg'"])) if "{class}" in self.head else []
        self.joint = rng.choice((" ", " ", "  ", "\t", " \\\n  ", " \\\n"))
        self.inner_shell = rng.choice(["bash -c", "bash -ec", "eval", "exec bash -euo pipefail -c"] + ([] if self.bash else ["sh -c", "sh -x -c"]))
        self.inner_double = rng.random() < 0.3

    def pick(self, common, bash, counts):
        return self.rng.sample(common + (bash if self.bash else []), self.rng.choice(counts))

    def word(self, before=""):
        """The source of one word; before: what it must begin with."""
        rng = self.rng
        if rng.random() < 0.2:
            return before + rng.choice(EXPANSIONS)
        value = rng.choice(VALUES)
        return render(rng, before + value, self.bash) if rng.random() < 0.7 else before + render(rng, value, self.bash)

    def option(self):
        rng = self.rng
        if rng.random() < 0.12:
            return [rng.choice(OPAQUE)]
        if rng.random() < 0.15:
            return [render(rng, w, self.bash_names) for w in rng.choice(OTHER)]
        key = rng.choice(KEYS)
        if key in OPTIONS and rng.random() < 0.6:
            name = OPTIONS[key]
            return [render(rng, name, self.bash_names), self.word()] if rng.random() < 0.6 else [self.word(name + "=")]
        if rng.random() < 0.25:
            return [self.word("--conf=" + key + "=")]
        return [render(rng, rng.choice(("--conf", "-c")), self.bash_names), self.word(key + "=")]

    def options(self):
        return [self.option() for _ in range(self.rng.choice((0, 1, 2, 3, 4, 6)))]

    def edits(self):
        keys = self.rng.sample(KEYS, self.rng.choice((1, 1, 2, 3)))
        return [[key, self.rng.choice(VALUES)] for key in keys]

    def text(self):
        told = self.told
        head = self.head.replace("{class}", "--class " + SERVER)
        line = self.joint.join([*sorted(told["prefix"], key=rank), head, *(w for option in told["options"] for w in option), *self.tail, *told["redirections"]])
        if told["inner"]:
            line = self.inner_shell + " " + ('"' + line + '"' if self.inner_double and not set(line) & set('"\\`') else shlex.quote(line))
        for around in told["simple"]:
            line = around.format(line)
        line += "".join(told["comment"])
        for around in told["around"]:
            line = around.format(line)
        return "\n".join([*told["before"], line, *told["after"]])

    def smaller(self):
        """Leave out one piece: yields how to put it back where that was too much."""
        for name, pieces in self.told.items():
            for i in reversed(range(len(pieces))):
                if name == "edits" and len(pieces) == 1:
                    continue
                piece = pieces.pop(i)
                yield lambda pieces=pieces, i=i, piece=piece: pieces.insert(i, piece)


HEADS = ["start-connect-server.sh", "start-connect-server.sh", "start-connect-server.sh", "start-connect-server.sh --wait", '"$BINDIR"/start-connect-server.sh', "$BINDIR/start-connect-server.sh",
         "spark-submit {class}", "spark-submit {class}", "spark-submit --class=" + SERVER, "'spark-submit' {class}", "${BINDIR}/spark-submit {class}", "$SUBMIT {class}",
         "java -Xmx1g -cp '/opt/jars/*' org.apache.spark.deploy.SparkSubmit {class}", "spark-class org.apache.spark.deploy.SparkSubmit {class}",
         "spark-sub\\\nmit {class}", "start-connect\\-server.sh", '"${START:-start-connect-server.sh}"', "${START=start-connect-server.sh}"]
