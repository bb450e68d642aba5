/*
 * Completion for bash: three functions of tables, and the hand-written ones that read the line. kubectl's executable is the
 * same with another end.
 *
 * bash splits --output=json at the "=" (COMP_WORDBREAKS), kubectl does not: both are read.
 */
#include "command/completion.h"

#include "command/command.h"

static const char reader[] =
	"# What kubectl says. Never long, never aloud.\n"
	"_sparkgate_kubectl() {\n"
	"	local limit=()\n"
	"	command -v kubectl >/dev/null 2>&1 || return 0\n"
	"	! command -v timeout >/dev/null 2>&1 || limit=(timeout 4)\n"
	"	\"${limit[@]}\" kubectl --request-timeout=2s \"${cluster[@]}\" \"$@\" 2>/dev/null </dev/null\n"
	"}\n"
	"\n"
	"# Lines of standard input that begin with $cur become candidates.\n"
	"_sparkgate_take() {\n"
	"	local line\n"
	"	while IFS= read -r line; do\n"
	"		[[ $line != \"$cur\"* ]] || COMPREPLY+=(\"$line\")\n"
	"	done\n"
	"}\n"
	"\n"
	"# KIND [WORD...]: what there is of a kind.\n"
	"_sparkgate_add() {\n"
	"	case $1 in\n"
	"	words) shift && _sparkgate_take < <(printf '%s\\n' \"$@\") ;;\n"
	"	files) files=yes && compopt -o filenames 2>/dev/null; _sparkgate_take < <(compgen -f -- \"$cur\") ;;\n"
	"	dirs) files=yes && compopt -o filenames 2>/dev/null; _sparkgate_take < <(compgen -d -- \"$cur\") ;;\n"
	"	namespaces) _sparkgate_take < <(_sparkgate_kubectl get namespaces -o name | sed 's|.*/||') ;;\n"
	"	contexts) _sparkgate_take < <(_sparkgate_kubectl config get-contexts -o name) ;;\n"
	"	objects) _sparkgate_take < <(_sparkgate_kubectl \"${namespace[@]}\" get \\\n"
	"		pods,configmaps,deployments,statefulsets,replicasets,daemonsets,jobs,cronjobs -o name | sed 's|\\.[a-z.]*/|/|') ;;\n"
	"	esac\n"
	"}\n"
	"\n"
	"# An option and its value: kubectl is asked about the same cluster and namespace.\n"
	"_sparkgate_keep() {\n"
	"	local value=${2/#\\~/$HOME}\n"
	"	case $1 in\n"
	"	--kubeconfig | --context) cluster+=(\"$1=$value\") ;;\n"
	"	-n | --namespace) namespace=(\"--namespace=$value\") ;;\n"
	"	esac\n"
	"}\n"
	"\n"
	"# The words before the cursor: the command, what follows it, and the option that waits for its value.\n"
	"_sparkgate_read() {\n"
	"	local word kinds\n"
	"	for word in \"$@\"; do\n"
	"		if [ \"$word\" = = ]; then\n"
	"			continue\n"
	"		elif [ -n \"$option\" ]; then\n"
	"			_sparkgate_keep \"$option\" \"$word\" && option=\n"
	"		elif [[ $word == --*=* ]]; then\n"
	"			_sparkgate_keep \"${word%%=*}\" \"${word#*=}\"\n"
	"		elif [[ $word == -* ]]; then\n"
	"			_sparkgate_value \"$command $word\" && [ -z \"$kinds\" ] || option=$word\n"
	"		else\n"
	"			command=${command:-$word} typed=\"${typed:+$typed }$word\"\n"
	"		fi\n"
	"	done\n"
	"}\n"
	"\n"
	"# What may stand at $cur, after the words that are given.\n"
	"_sparkgate_candidates() {\n"
	"	local command='' typed='' option='' kinds='' kind cluster=() namespace=()\n"
	"	_sparkgate_read \"$@\"\n"
	"	[ \"$cur\" != = ] || cur=\n"
	"	if [[ -z $option && $cur == --*=* ]]; then\n"
	"		option=${cur%%=*} stem=$option= cur=${cur#*=}\n"
	"	fi\n"
	"	if [ -n \"$option\" ]; then\n"
	"		_sparkgate_value \"$command $option\"\n"
	"	elif [[ $cur == -* ]]; then\n"
	"		_sparkgate_options \"$command\"\n"
	"	else\n"
	"		_sparkgate_words \"$typed\"\n"
	"		[ -n \"$kinds\" ] || _sparkgate_options \"$command\"\n"
	"	fi\n"
	"	while IFS= read -r kind; do\n"
	"		# shellcheck disable=SC2086 # words that we wrote\n"
	"		_sparkgate_add ${kind:-none}\n"
	"	done <<<\"$kinds\"\n"
	"}\n"
	"\n";

static const char at_bash[] =
	"_sparkgate() {\n"
	"	# shellcheck disable=SC2034 # kubectl's needs it\n"
	"	local cur=${COMP_WORDS[COMP_CWORD]} stem='' files=''\n"
	"	COMPREPLY=()\n"
	"	_sparkgate_candidates \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
	"	[ -z \"$stem\" ] || COMPREPLY=(\"${COMPREPLY[@]/#/$stem}\")\n"
	"}\n"
	"complete -F _sparkgate sparkgate kubectl-sparkgate\n";

/* https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/: a candidate a line, then ":" and what shells shall do
 * (cobra's ShellCompDirective: 4 no files, 0 files where nothing else fits). */
static const char at_kubectl[] =
	"[ $# -gt 0 ] || set -- ''\n"
	"# shellcheck disable=SC2034 # bash's needs stem\n"
	"cur=${!#} stem='''' files='' COMPREPLY=()\n"
	"_sparkgate_candidates \"${@:1:$#-1}\"\n"
	"if [ -n \"$files\" ]; then\n"
	"	echo :0\n"
	"	exit\n"
	"fi\n"
	"[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"\n"
	"echo :4\n";

static void print_options(const struct manual *m, void *context)
{
	const struct completion_tables *t = context;

	fprintf(t->out, "	%s) kinds='words", t->command->name);
	for (size_t i = 0; i < m->option_count; i++) {
		if (m->options[i].letter)
			fprintf(t->out, " -%c", m->options[i].letter);
		fprintf(t->out, " --%s", m->options[i].name);
	}
	fprintf(t->out, "' ;;\n");
}

static void print_values(const struct manual *m, void *context)
{
	const struct completion_tables *t = context;
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < m->option_count; i++) {
		const struct option *o = &m->options[i];
		if (o->flag)
			continue;
		fprintf(t->out, "	");
		if (o->letter)
			fprintf(t->out, "'%s -%c' | ", t->command->name, o->letter);
		fprintf(t->out, "'%s --%s') kinds='%s' ;;\n", t->command->name, o->name, completion_kind(&a, o));
	}
	arena_release(&a);
}

static void print_place(const struct completion_place *p, void *context)
{
	const struct completion_tables *t = context;

	if (p->onwards)
		fprintf(t->out, "	'%s' | '%s '*) kinds='%s' ;;\n", p->words, p->words, p->kinds);
	else
		fprintf(t->out, "	'%s') kinds='%s' ;;\n", p->words, p->kinds);
}

static void print_words(const struct manual *m, void *context)
{
	struct completion_tables *t = context;

	completion_places(m, t->command, t->all, print_place, t);
}

static void print_tables(FILE *out, const struct subcommands *all)
{
	const struct completion_tables t = {.out = out, .all = all};
	struct arena a = ARENA_INIT;

	fprintf(out, "# COMMAND: its options.\n_sparkgate_options() {\n	case $1 in\n	'') kinds='words --help --version' ;;\n");
	completion_each(&t, print_options);
	fprintf(out, "	esac\n}\n\n# COMMAND OPTION: what follows; nothing where the option takes no value.\n"
		     "_sparkgate_value() {\n	kinds=\n	case $1 in\n");
	completion_each(&t, print_values);
	fprintf(out, "	esac\n}\n\n# COMMAND [WORD...]: what may follow beside options.\n"
		     "_sparkgate_words() {\n	case $1 in\n	'') kinds='%s' ;;\n", completion_kind_named(&a, "COMMAND", all));
	completion_each(&t, print_words);
	fprintf(out, "	esac\n}\n\n");
	arena_release(&a);
}

void completion_bash(FILE *out, const struct subcommands *all)
{
	fprintf(out, "# bash completion of sparkgate %s, made by `sparkgate completion bash`.\n# shellcheck shell=bash\n\n",
		SPARKGATE_VERSION);
	print_tables(out, all);
	fputs(reader, out);
	fputs(at_bash, out);
}

void completion_kubectl(FILE *out, const struct subcommands *all)
{
	fprintf(out, "#!/usr/bin/env bash\n# What completes `kubectl sparkgate` %s, made by `sparkgate completion kubectl`.\n\n",
		SPARKGATE_VERSION);
	print_tables(out, all);
	fputs(reader, out);
	fputs(at_kubectl, out);
}
