"""Documents with one thing wrong, and what has to be said of each: a check that cannot fail proves nothing."""

import re

import blocks
import pictures

REVIEW = "sparkgate review -f docs/examples/connect.yaml --namespaces docs/examples/namespaces.yaml -o diff"
AUDIT = "sparkgate audit -f docs/examples/rollout.yaml --namespaces docs/examples/namespaces.yaml -n reports --as enforce"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels: {sparkgate.io/mode: enforce}\n  annotations: "


def block(language, text, mark=""):
    return (f"<!-- {mark} -->\n" if mark else "") + f"```{language}\n{text}\n```\n"


BLOCKS = [
    ("no kind", block("", "anything"), "without a mark"),
    ("unknown kind", block("promql", "up"), "without a mark"),
    ("a fence that nothing ends", "```sh\ntrue\n", "(not ended)"),
    ("tildes", "~~~\nanything\n~~~\n", "without a mark"),
    ("a command without a mark", block("console", "true"), "without a mark"),
    ("a mark of another kind", block("json", "{}", "run by tests/docs/run"), "the mark 'run by'"),
    ("a command that fails", block("sh", "false"), "exit 1"),
    ("one that would change the machine", block("sh", "helm install x"), "may change the machine"),
    ("no reason", block("console", "true", "not run here: later"), "is no reason"),
    ("a reason that names what is not there", block("console", "true", "not run here: see tests/nowhere.py for that"), "no such file"),
    ("a suite that reads another", block("console", "true", "run by tests/spark/test_guide.py"), "does not read canary.md"),
    ("a command that is none", block("console", "sparkgate adit", "not run here: needs a cluster somewhere"), "no such command"),
    ("an option of another command", block("console", "sparkgate audit --listen :1", "not run here: needs a cluster somewhere"), "has no --listen"),
    ("as a plugin", block("console", "kubectl sparkgate audit --asenforce", "not run here: needs a cluster somewhere"), "has no --asenforce"),
    ("a value of no chart", block("console", "helm install x manifests/charts/sparkgate --set audit.enabeld=true", "not run here: needs a cluster somewhere"),
     "has no value audit.enabeld"),
    ("no shell", block("console", "for x in", "not run here: needs a cluster somewhere"), "no shell reads this"),
    ("a rendered line", block("console", "helm template c | sparkgate review -f - --namespaces x.yaml", "run here, helm renders docs/examples/connect.yaml"),
     "exit 2"),
    ("an output made up", f"`{REVIEW}`\n" + block("diff", "+        - spark.cores.max=7", f"output of {REVIEW}, shortened"), "the program does not"),
    ("lines in another order", f"`{REVIEW}`\n" + block("diff", "         args:\n         command:", f"output of {REVIEW}, shortened"), "or not there"),
    ("an output that is cut", f"`{AUDIT}`\n" + block("text", "…", f"output of {AUDIT}"), "prints more"),
    ("an output of a command not told", block("diff", "         args:", f"output of {REVIEW}, shortened"), "not told the command"),
    ("labels", block("text", "nobody says this  x", "labels of webhook/report/*.c"), "prints no"),
    ("words", block("text", "base -> spork", "words of tests/lint/source.py"), "spork is not in"),
    ("no YAML", block("yaml", "a: [1"), "no YAML"),
    ("a policy", block("yaml", "apiVersion: policy.sparkgate.io/v1\nkind: Checks\nchecks:\n- {id: no.such, action: deny}"), "policy lint"),
    ("an annotation's value", block("yaml", NAMESPACE + "{sparkgate.io/backendMode: yarn}"), "review has something to say"),
    ("an annotation's name", block("yaml", NAMESPACE + "{sparkgate.io/backendModus: k8s}"), "backendModus"),
    ("objects that nobody judges", block("yaml", "apiVersion: v1\nkind: Pod"), "who judges that"),
    ("as it stands elsewhere", block("yaml", "ignoreDifferences:\n- group: other", "as in docs/gitops.md"), "not as in docs/gitops.md"),
    ("no JSON", block("json", "{"), "no JSON"),
    ("C", block("c", "int x = nothing;"), "the compiler"),
]  # fmt: skip

# (what, what to replace, by what, what has to be said)
PICTURE = "request-path.svg"
PICTURES = [
    ("a name that no source knows", ">engine_needs<", ">engine_wants<", "is in no source"),
    ("something from elsewhere", "<defs>", '<defs><image href="https://other.example/x.png"/>', "asks for nothing"),
    ("text that leaves the picture", ">patch, or verdict<", ">" + "a patch or a verdict " * 4 + "<", "leaves the picture"),
    ("no description", "<desc ", "<metadata ", "picture"),
    ("one colour", "prefers-color-scheme: dark", "prefers-color-scheme: light", "one colour"),
]


def look(tree):
    document = tree.root / "build" / "canary.md"
    for what, text, expected in BLOCKS:
        document.write_text(text)
        said = []
        blocks.look(document, blocks.Tree(tree.root, tree.program, tree.sources, lambda good, message, said=said: good or said.append(message), tree.helps))
        tree.check(any(expected in message for message in said), f"canary: {what}: nobody objects ({said})")
    path = tree.root / "docs" / "pictures" / PICTURE
    good = path.read_text()
    for what, old, new, expected in PICTURES:
        said = []
        text = re.sub(r"</desc>", "</metadata>", good) if old == "<desc " else good
        tree.check(old in good, f"canary: {what}: {PICTURE} has no {old}")
        pictures.judge(path.name, text.replace(old, new), tree.sources, "", lambda good, message, said=said: good or said.append(message))
        tree.check(said and (expected == "picture" or any(expected in m for m in said)), f"canary: {what}: nobody objects ({said})")
