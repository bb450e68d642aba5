/* Each text beside its commands: one a line, a word as <value>; ~ in front where it holds an
 * expansion, * where it may become several words. tests/conformance/shell_oracle.py asks real
 * shells the same. */
#include "spark/shell.h"

#include <criterion/criterion.h>

static const char env_text[] =
	"{\"env\":[{\"name\":\"POD_IP\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"status.podIP\"}}},"
	"{\"name\":\"MASTER_URL\",\"value\":\"spark://m:7077\"},{\"name\":\"ODD\",\"value\":\"a; b\"},{\"name\":\"b\\\"c\",\"value\":\"x\"}]}";

static const struct {
	const char *text, *commands;
} good[] = {
	{"", ""},
	{" \t\n\n", ""},
	{"a b  c", "<a><b><c>"},
	{"a;b&c|d||e&&f\ng", "<a>\n<b>\n<c>\n<d>\n<e>\n<f>\n<g>"},
	{"a|&b", "<a>\n<b>"},
	/* quotes */
	{"a 'b c' \"d e\" f'g'\"h\"i", "<a><b c><d e><fghi>"},
	{"a '' \"\"", "<a><><>"},
	{"a 'it'\"'\"'s' 'it'\\''s'", "<a><it's><it's>"},
	{"a \\b \\\\ \\' \\\" \\$x \\ c", "<a><b><\\><'><\"><$x>< c>"},
	{"a \"\\b \\$x \\\" \\\\ \\`\"", "<a><\\b $x \" \\ `>"},
	{"a $'b c' $\"d e\"", "<a><b c><d e>"}, /* of which dash keeps the '$' */
	{"a $'it\\x27s' b", "<a>~<$'it\\x27s'><b>"},
	/* lines */
	{"a \\\n b\\\nc", "<a><bc>"},
	{"a \"b\\\nc\"", "<a><bc>"},
	{"a 'b\\\nc'", "<a><b\\\nc>"},
	{"a # b 'c\nd", "<a>\n<d>"},
	{"a b#c #d", "<a><b#c>"},
	/* expansions */
	{"a $x \"$x\" ${x} \"${x:-y z}\" x$y", "<a>~*<$x>~<$x>~*<${x}>~*<${x:-y z}>~*<x$y>"},
	{"a $(b; c) d", "<a>~*<$(b; c)><d>"},
	{"a $(b \")\" ')' \\) `)`) d", "<a>~*<$(b \")\" ')' \\) `)`)><d>"},
	{"a $(case x in x) y;; (z) w;; esac) d", "<a>~*<$(case x in x) y;; (z) w;; esac)><d>"},
	{"a $(b # )\n) d", "<a>~*<$(b # )\n)><d>"},
	{"a $(cat <<E\n)\nE\n) d", "<a>~*<$(cat <<E\n)\nE\n)><d>"},
	{"a \"$(b \"c d\")\" e", "<a>~<$(b \"c d\")><e>"},
	{"a `b \\` c` d", "<a>~*<`b \\` c`><d>"},
	{"a $((1 + (2))) $(( (1) )) $(( $(b '1' \"2\") )) c", "<a>~*<$((1 + (2)))>~*<$(( (1) ))>~*<$(( $(b '1' \"2\") ))><c>"},
	{"a ${x:-${y:-\"}\"}} b", "<a>~*<${x:-${y:-\"}\"}}><b>"},
	{"a \"${x:-'y z'}\" \"${x:-\\'}\" \"${x:-\"'\"}\" b", "<a>~*<${x:-'y z'}>~*<${x:-\\'}>~*<${x:-\"'\"}><b>"},
	{"a \"${x#'\"'}\" \"${x%%'}'*}\" b", "<a>~*<${x#'\"'}>~*<${x%%'}'*}><b>"},
	{"a \"`b \\\"c d\\\"`\" e", "<a>~<`b \\\"c d\\\"`><e>"},
	{"a {x} {x}y>b \"{x}\">c {x} >d", "<a><{x}><{x}y><{x}><{x}>"},
	{"a $x\\\n -b; (\\\n c); d &&\\\n e", "<a>~*<$x><-b>\n<c>\n<d>\n<e>"},
	{"a $ \"$\" $. $1 $@ \"$@\" $# b", "<a><$><$><$.>~*<$1>~*<$@>~*<$@>~*<$#><b>"},
	{"a *.jar l[*] 'l[*]' x?y", "<a>*<*.jar>*<l[*]><l[*]>*<x?y>"},
	{"a {b,c} {b} {{x}} '{b,c}'", "<a>~*<{b,c}><{b}><{{x}}><{b,c}>"},
	{"a ~/b c~", "<a>~<~/b><c~>"},
	{"a <(b; c) d", "<a>~<<(b; c)><d>"},
	/* Kubernetes' references */
	{"a $(POD_IP) \"$(POD_IP)\" '$(POD_IP)'", "<a><$(POD_IP)><$(POD_IP)><$(POD_IP)>"},
	{"a x=$(MASTER_URL) '$(MASTER_URL)' $(ODD)", "<a><x=spark://m:7077><spark://m:7077><$(ODD)>"},
	{"a $(NOPE) '$(NOPE)' $$(POD_IP)", "<a>~*<$(NOPE)><$(NOPE)>~*<$(POD_IP)>"},
	{"a '$$(POD_IP)' '$$x'", "<a><$(POD_IP)><$x>"},
	/* redirections */
	{"a >b 2>&1 <c d >>e f>|g 2>/dev/null h", "<a><d><f><h>"},
	{"a 2 >b 3>c", "<a><2>"},
	{"a b2>c d", "<a><b2><d>"},
	{">b a", "<a>"},
	{"a <<E b\nx ( ' \nE\nc", "<a><b>\n<c>"},
	{"a <<-'E' <<F\n\tx\n\tE\ny\nF\nc", "<a>\n<c>"},
	{"a <<E\nx", "<a>"},
	{"a <<< \"b c\" d", "<a><d>"},
	{"a <<'E\\F' <<\"G\\H\" <<\"I\\\"\\\\J\" <<K\\\nL\nE\\F\nG\\H\nI\"\\J\nKL\nb", "<a>\n<b>"},
	{"a <<E\nx\\\nE\n\\\\\nE\nb", "<a>\n<b>"}, /* the first E goes on a line, the second ends it */
	{"a <<'E'\nx\\\nE\nb", "<a>\n<b>"},
	{"a $(b <<E\nx (y)\nE\n) c", "<a>~*<$(b <<E\nx (y)\nE\n)><c>"},
	{"a 2>&1 &>b; c &>>d >e", "<a>\n<c>"},
	/* compound commands */
	{"if a; then b; elif c; then d; else e; fi; f", "<a>\n<b>\n<c>\n<d>\n<e>\n<f>"},
	{"while ! a; do b; done; until c; do d; done", "<a>\n<b>\n<c>\n<d>"},
	{"for x in a b; do c $x; done", "<c>~*<$x>"},
	{"for x do c; done; for ((i=0; i<3; i++)); do d; done", "<c>\n<d>"},
	{"case $x in a) b;; (c|d) e ;; *) f & ;; esac; g", "<b>\n<e>\n<f>\n<g>"},
	{"case x in\n a)\n b\n ;;\n esac\ng", "<b>\n<g>"},
	{"(a; (b)) & { c; d; } | e", "<a>\n<b>\n<c>\n<d>\n<e>"},
	{"f() { a; }; function g { b; }; function h() { c; }; i () (d)", "<a>\n<b>\n<c>\n<d>"},
	{"function g (a); b; function h { c; }", "<a>\n<b>\n<c>"},
	{"[[ $a == (b|c) && -n d ]] && e; [[ a < b ]] || f", "<e>\n<f>"},
	{"((x = 1 > 2)); a", "<a>"},
	{"echo if then; a case in; b [[ x", "<echo><if><then>\n<a><case><in>\n<b>*<[[><x>"},
	{"time -p a; coproc b", "<-p><a>\n<b>"},
	/* assignments */
	{"A=1 B='x y' c d=1", "=<A=1>=<B=x y><c><d=1>"},
	{"A=(b 'c d' # e)\n $f) g", "=~<A=(b 'c d' # e)\n $f)><g>"},
	{"A[1]=b A+=c 1A=d", "=*<A[1]=b>=<A+=c><1A=d>"},
	{"A+=(b c) d", "=~<A+=(b c)><d>"},
	{"A[x]+=b c", "=*<A[x]+=b><c>"},
	/* what ends a branch of "case" */
	{"case x in a) b\nesac; c", "<b>\n<c>"},
	{"case x in x) b ;& y) c ;;& z) d; esac; e", "<b>\n<c>\n<d>\n<e>"},
	{"select x in a b; do c; done", "<c>"},
	/* an operator right in front of a redirection is no part of it */
	{"a;>b c", "<a>\n<c>"},
	{"a|>b c", "<a>\n<c>"},
	/* what is passed over ends where the shell says */
	{"a $(b $'c)' d) e", "<a>~*<$(b $'c)' d)><e>"},
	{"a $(b $'c\\x27)' d) e", "<a>~*<$(b $'c\\x27)' d)><e>"},
	{"a $(b \"`c`)\" $1 $x9 $@ $.) d", "<a>~*<$(b \"`c`)\" $1 $x9 $@ $.)><d>"},
	{"a $(A=(b ')' # )\n c); d) e", "<a>~*<$(A=(b ')' # )\n c); d)><e>"},
	{"a $(b <(c) x>(d)) e", "<a>~*<$(b <(c) x>(d))><e>"},
	{"a $(b & c &>d \\\n) f", "<a>~*<$(b & c &>d \\\n)><f>"},
	{"a \"`b \\`c\\``\" d", "<a>~<`b \\`c\\``><d>"},
	/* from "$(" to the first ")" is one reference, so what stands behind it is the shell's */
	{"a '$(' \"$(MASTER_URL)\" $(MASTER_URL)", "<a><$(>~<$(MASTER_URL)><spark://m:7077>"},
	{"sed 's/\\$$(MASTER_URL)/x/' 's/\\$(MASTER_URL)/x/' \\\\$(MASTER_URL)", "<sed><s/\\$(MASTER_URL)/x/><s/\\spark://m:7077/x/><\\spark://m:7077>"},
	{"a \"$$$$(\" b \"$$$${\" c $$$d", "<a>~<$$$$(><b>~<$$$${><c>~*<$$$d>"},
	{"a $(b $(MASTER_URL)) $(MASTER_URL)", "<a>~*<$(b $(MASTER_URL))><spark://m:7077>"},
	{"a {1..3} {b {c,d", "<a>~*<{1..3}><{b><{c,d>"},
};

static const struct {
	const char *text, *complaint;
} bad[] = {
	{"a 'b", "line 1 of the shell text: a single quote is not closed"},
	{"a\nb \"c", "line 2 of the shell text: a double quote is not closed"},
	{"a `b", "a backquote is not closed"},
	{"a $(b", "something is not closed"},
	{"a ${b", "'${' is not closed"},
	{"a $((b", "'((' is not closed"},
	{"(a", "something is not closed"},
	{"a)", "')' that closes nothing"},
	{"case a in b) c", "something is not closed"},
	{"a b (c)", "'(' where none can stand"},
	{"A=b ((c))", "'(' where none can stand"},
	{"a >", "without a target"},
	{"[[ a", "'[[' is not closed"},
	{"[[ x =~ (#) ]] || a\n]]", "'#' stands behind '('"},
	{"[[ x == a|# ]]\n]]", "'#' stands behind '('"},
	{"A=(b", "'=(' is not closed"},
	{"a b\\", "a backslash at the end"},
	{"case a b", "'case' without 'in'"},
	{"case 'a", "a single quote is not closed"},
	{"case a 'in", "a single quote is not closed"},
	{"function 'a", "a single quote is not closed"},
	{"for 'a", "a single quote is not closed"},
	{"[[ 'a", "a single quote is not closed"},
	{"a > 'b", "a single quote is not closed"},
	{"a $(b 'c", "a single quote is not closed"},
	{"a $(b >'c", "a single quote is not closed"},
	{"a\n$(b \"c", "line 2 of the shell text: a double quote is not closed"},
	{"a $(\"$(b", "something is not closed"},
	{"a $'b\\x27", "a $' quote is not closed"},
	{"a $(b $'c", "a $' quote is not closed"},
	{"a \"`b\"", "a backquote is not closed"},
	{"a <(b", "something is not closed"},
	{"a $(b <(c", "something is not closed"},
	{"A=(b; c)", "an operator in an array"},
	{"$(A=(b; c))", "an operator in an array"},
	{"$(A=(b", "'=(' is not closed"},
	/* where shells part ways */
	{"a <<$'E'\nE", "line 1 of the shell text: shells read the delimiter of a here-document differently"},
	{"a <<$\"E\"\nE", "the delimiter of a here-document"},
	{"a <<`E`\nE", "the delimiter of a here-document"},
	{"a <<'E\nF'\nE\nF\n", "the delimiter of a here-document"},
	{"a <<\\\n-E\n\tE", "a line ends right after '<<'"},
	{"a <<EOF\nE\\\nOF\nb\nEOF", "line 4 of the shell text: the end of a here-document is written over several lines"},
	{"a <<-EOF\n\tE\\\n\tOF\nb\nEOF", "over several lines"},
	{"a <<E\n$(b\nE\nc", "something is not closed"},
	{"a <<E\n${b-\nE\nc", "'${' is not closed"},
	{"a <<E\n`b\nE\nc", "a backquote is not closed"},
	{"a $(b <<E\nE)\nc\nE\n)", "a here-document ends at its delimiter and ')' in some shells"},
	{"a <<E; [[ b ||\nE\nc ]]\nE", "a here-document begins in the middle of a command"},
	{"a <<E; ((1\nE\n))\nE", "a here-document begins in the middle of a command"},
	{"a <<E; b=(c\nE\n)\nE", "a here-document begins in the middle of a command"},
	{"a $'it\\'s' b", "\\' in a $' quote ends it in sh"},
	{"a \"${b:-$(c $'\\'')}\"", "\\' in a $' quote ends it in sh"},
	{"a &>b c", "words follow '&>', which sh takes for '&'"},
	{"a $(b &>>c d)", "words follow '&>'"},
	{"a \"$\\\n(b)\"", "a line ends within what a '$' begins: write it into one line"},
	{"a \"${X-$\\\n(b)}\"", "a line ends within what a '$' begins"},
	{"a $\\\nX", "a line ends within what a '$' begins"},
	{"a $X\\\nY", "a line ends within what a '$' begins"},
	{"a ${\\\nX}", "a line ends within what a '$' begins"},
	{"a $(\\\n(1))", "a line ends within what a '$' begins"},
	{"case a in b) ;; es\\\nac", "a line ends within a reserved word"},
	{"case a in es\\\nac; b", "a line ends within a reserved word"},
	{"\\\ni\\\nf a; then b; fi", "a line ends within a reserved word"},
	{"for a in b; d\\\no c; done", "a line ends within a reserved word"},
	{"[[ a ]\\\n] && b", "a line ends within a reserved word"},
	{"(\\\n(1))", "a line ends within an operator"},
	{"a &\\\n>b c", "a line ends within an operator"},
	{"case a in b) c ;\\\n; (d) e;; esac", "a line ends within an operator"},
	{"a 2\\\n>b", "a line ends between a number and a redirection"},
	{"a 2\\\n1>b", "a line ends between a number and a redirection"},
	{"a {b}>c", "'{name}' before a redirection is a word in sh"},
	{"a {b[1]}<c", "'{name}' before a redirection"},
	{"a {b}\\\n>c", "'{name}' before a redirection"},
	{"a \"${b:-it's}\"", "shells read a single quote in \"${...}\" differently"},
	{"a \"${b:-'}'}\"", "shells read a single quote in"},
	{"a \"${#'}'}\"", "shells read a single quote in"},
	{"a <<E\n${b:-'}\nE", "shells read a single quote in"},
	{"a \"${b-`c \\\"d\\\"`}\"", "shells read \\\" in `...` differently here"},
	{"a <<E\n`b \\\"c\\\"`\nE", "shells read \\\" in `...` differently here"},
	{"a $((1 ' ))", "a quote in '$((...))' is none in sh"},
	{"a $((${b-\"1\"}))", "a quote in '$((...))' is none in sh"},
	{"a $((b) ; c)", "'$((' is arithmetic in sh"},
	{"a $[1]", "'$[' is arithmetic in bash alone"},
	{". /opt/spark/bin/spark-submit a", "'.' reads spark-submit"},
	{"A=b command . spark-submit", "'.' reads spark-submit"},
	/* where the kubelet and the shell part ways */
	{"a \\$(ODD)", "a backslash stands before Kubernetes' $(NAME): put both into single quotes"},
	{"a $$$(ODD)", "a '$' stands before $(ODD)"},
	{"a \"\\$$(ODD)\"", "a backslash stands before"},
	{"a '$(' b", "a '$(' is never closed"},
	{"a \"$(b\"c)\"", "$(b\"c) has a name that no shell variable can have"},
};

static struct arena arena;
static struct kube_env env;

static void setup(void)
{
	const struct json *container;
	struct err err;

	json_setup();
	cr_assert_eq(json_parse(&arena, slice_of(env_text), &container, &err), 0);
	env = kube_env_of(&arena, container);
}

static void release(void)
{
	arena_release(&arena);
}

TestSuite(shell, .init = setup, .fini = release);

static const char *show(const struct shell *sh)
{
	struct buf out = buf_in(&arena);

	for (size_t i = 0; i < sh->count; i++) {
		if (i > 0)
			buf_addc(&out, '\n');
		for (size_t j = 0; j < sh->commands[i].count; j++) {
			const struct word *w = sh->commands[i].words[j];

			buf_printf(&out, "%s%s%s<%.*s>", w->assignment ? "=" : "", w->literal ? "" : "~", w->many ? "*" : "",
				   SLICE_ARG(w->value));
		}
	}
	return arena_dup(&arena, buf_slice(&out));
}

Test(shell, cuts_as_a_shell_does)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct shell sh;
		struct err err = {""};

		cr_assert_eq(shell_parse(&arena, slice_of(good[i].text), &env, &sh, &err), 0, "%s: %s", good[i].text, err.text);
		cr_expect_str_eq(show(&sh), good[i].commands, "%s\ngives %s", good[i].text, show(&sh));
		cr_expect(slice_is(carrier_render(&arena, sh.carrier), good[i].text), "%s", good[i].text);
	}
}

Test(shell, says_what_cannot_be_read)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct shell sh = {.count = 77};
		struct err err = {""};

		cr_expect_eq(shell_parse(&arena, slice_of(bad[i].text), &env, &sh, &err), -1, "%s", bad[i].text);
		cr_expect(strstr(err.text, bad[i].complaint), "%s: %s", bad[i].text, err.text);
		cr_expect_eq(sh.count, 77);
	}
}

/* C ends a text there; a shell would not. */
Test(shell, a_nul_is_no_part_of_a_text)
{
	struct shell sh = {.count = 77};
	struct err err = {""};

	cr_expect_eq(shell_parse(&arena, SLICE_LIT("a\0b"), &env, &sh, &err), -1);
	cr_expect_str_eq(err.text, "a shell text cannot hold a NUL");
	cr_expect_eq(sh.count, 77);
}

static int parse_repeated(const char *head, const char *unit, size_t times, const char *end, struct err *err)
{
	struct buf text = buf_in(&arena);
	struct shell sh;

	buf_adds(&text, head);
	for (size_t i = 0; i < times; i++)
		buf_adds(&text, unit);
	buf_adds(&text, end);
	return shell_parse(&arena, buf_slice(&text), &env, &sh, err);
}

/* Each takes minutes, or the stack, where something goes back or nests without a bound. */
Test(shell, takes_hostile_texts_in_linear_time)
{
	static const struct {
		const char *head, *unit, *end;
		int rc;
	} cases[] = {
		{"a ", "$(", "", -1},          {"a ", "\"$(", "", -1},        {"a ", "${x:-", "", -1},
		{"a ", "$((", "", -1},         {"", "((a)", "", -1},          {"", "(", "", -1},
		{"a ", "`", "", 0},            {"a ", "'b'", "", 0},          {"a ", "\\\n", "", 0},
		{"", "a=(b) ", "", -1},        {"", "a;", "", -1},             {"a ", "<<E ", "", 0},
		{"a ", "$(POD_IP)", "", 0},    {"a ", "$(MASTER_URL)", "", 0}, {"a ", "$(ODD)", "", 0},
		{"", "case a in b) ", "", -1}, {"a '", "$(", "'", -1},         {"a ", "{,", "", 0},
		{"a ", "$(b)", "", 0},         {"", "if ", "", 0},            {"a ", "b ", "", -1},
		{"", "#\n", "", 0},            {"a=", "(", "", -1},           {"a ", "<(b)", "", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t times = 3u * 1024 * 1024 / strlen(cases[i].unit);
		struct err err = {""};

		cr_expect_eq(parse_repeated(cases[i].head, cases[i].unit, times, cases[i].end, &err), cases[i].rc, "%s: %s",
			     cases[i].unit, err.text);
		arena_reset(&arena);
		setup();
	}
}

Test(shell, bounds_depth_and_words)
{
	struct err err = {""};

	cr_expect_eq(parse_repeated("a ", "$(a ", LIMIT_SHELL_DEPTH / 2 - 1, "", &err), -1);
	cr_expect(strstr(err.text, "not closed"), "%s", err.text);
	cr_expect_eq(parse_repeated("a ", "$(a ", LIMIT_SHELL_DEPTH + 1, "", &err), -1);
	cr_expect(strstr(err.text, "too deep"), "%s", err.text);
	cr_expect_eq(parse_repeated("", "a ", 20000, "", &err), 0);
	cr_expect_eq(parse_repeated("", "a ", 20001, "", &err), -1);
	cr_expect(strstr(err.text, "too many words"), "%s", err.text);
}

Test(shell, quotes_only_what_needs_it)
{
	static const struct {
		const char *value, *quoted;
	} cases[] = {
		{"", "''"},
		{"spark://a:7077,b:7077", "spark://a:7077,b:7077"},
		{"k8s://https://$(POD_IP):443", "k8s://https://$(POD_IP):443"},
		{"$(pod ip)", "'$(pod ip)'"},
		{"local[*]", "'local[*]'"},
		{"it's", "'it'\\''s'"},
		{"a b", "'a b'"},
		{"~", "'~'"},
		{"${env:X}", "'${env:X}'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_expect(slice_is(shell_quote(&arena, slice_of(cases[i].value)), cases[i].quoted), "%s", cases[i].value);
}
