/*
 * The worst recipes of each grammar. Whole requests are in tests/http/attacks.py; these are what its parsers see, and the parsers
 * that see no request. See work.h for head, piece, middle, close, tail.
 */
#include "work.h"

#define CLASS  "org.apache.spark.sql.connect.service.SparkConnectServer"
#define START  "/opt/spark/sbin/start-connect-server.sh"
#define UID    "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"u\",\"namespace\":\"a\",\"operation\":\"CREATE\","
#define POD    UID "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},\"object\":"
#define SERVER "\"name\":\"s\",\"image\":\"apache/spark:4.0.1\",\"command\":[\"" START "\"]"
#define ONE    POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{" SERVER
#define SHELL  POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"s\",\"image\":\"apache/spark:4.0.1\",\"command\":[\"sh\",\"-c\","
#define MAP    UID "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"ConfigMap\"},\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"configmaps\"}," \
	           "\"object\":{\"metadata\":{\"name\":\"c\",\"labels\":{\"sparkgate.io/role\":\"connect-config\"}},\"data\":{"
#define DEPLOY UID "\"kind\":{\"group\":\"apps\",\"version\":\"v1\",\"kind\":\"Deployment\"},\"resource\":{\"group\":\"apps\",\"version\":\"v1\",\"resource\":\"deployments\"}," \
	           "\"object\":{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"name\":\"d\"},\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"app\":\"spark-connect\"}},\"spec\":{"
#define LIST   "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":["
#define ITEM   "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\1\",\"namespace\":\"a\"},\"spec\":{\"containers\":[{" SERVER "}]}},"
#define LAST   "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\"}}]}"

#define TESTS     "[[ a && $([[ a && $([[ a && $([[ a && $([[ a && $([[ a && $([[ a && $([[ a && $("
#define TESTS_END ") ]]) ]]) ]]) ]]) ]]) ]]) ]]) ]]"

/* clang-format off */
const struct recipe recipes[] = {
	/* ---- JSON: the reader, patches, the look for a uid ---- */
	{"json", "elements", fuzzed_object, "{\"a\":[", "1,", "", NULL, "2]}", false},
	{"json", "keys", fuzzed_object, "{", "\"k\1\":1,", "", NULL, "\"z\":1}", false},
	{"json", "keys of one length", fuzzed_object, "{\"metadata\":{\"labels\":{", "\"\1aaaaaaaa\":\"\",", "", NULL, "\"z\":\"\"}}}", false},
	{"json", "one key, thousands of times", fuzzed_object, "{", "\"k\":1,", "", NULL, "\"z\":1}", true},
	{"json", "escapes", fuzzed_object, "{\"a\":\"", "\\u00e9", "", NULL, "\"}", false},
	{"json", "surrogates", fuzzed_object, "{\"a\":\"", "\\ud83d\\ude00", "", NULL, "\"}", false},
	{"json", "a number", fuzzed_object, "{\"a\":0.", "1", "", NULL, "}", false},
	{"json", "an exponent", fuzzed_object, "{\"a\":1e-0", "0", "", NULL, "1}", false},
	{"json", "blanks", fuzzed_object, "{\"a\":", " \n", "", NULL, "1}", false},
	{"json", "depth", fuzzed_object, "", "[", "", "]", "", true},
	{"json", "depth again and again", fuzzed_object, "[", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],", "", NULL, "1]", false},
	{"json", "no end", fuzzed_object, "{\"a\":\"", "x", "", NULL, "", false},
	{"json patch", "a replace of each", target_patch, "{\"a\":[", "1,", "", NULL, "2]}", false},
	{"json patch", "an add in front of each", target_inserts, "{\"a\":[", "1,", "", NULL, "2]}", false},
	{"peek", "no uid", target_peek, "{\"request\":{", "\"a\":{\"uid\":\"x\"},", "", NULL, "", false},
	{"peek", "depth", target_peek, "{\"request\":{\"a\":", "[", "", "]", "", true},
	{"peek", "quotes", target_peek, "{\"request\":{\"a\":\"", "\\\"", "", NULL, "", false},

	/* ---- YAML ---- */
	{"yaml", "keys", fuzzed_yaml, "", "k\1: v\n", "", NULL, "", false},
	{"yaml", "documents", fuzzed_yaml, "", "---\na: b\n", "", NULL, "", false},
	{"yaml", "flow depth", fuzzed_yaml, "", "[", "", NULL, "", true},
	{"yaml", "flow keys", fuzzed_yaml, "", "{a,", "", NULL, "", true},
	{"yaml", "block depth", fuzzed_yaml, "", "- ", "", NULL, "a\n", true},
	{"yaml", "anchors", fuzzed_yaml, "", "k\1: &a\1 v\n", "", NULL, "", true},
	{"yaml", "aliases", fuzzed_yaml, "a: &a x\n", "k\1: *a\n", "", NULL, "", false},
	{"yaml", "merges", fuzzed_yaml, "b: &b {k: 1}\nm:\n", "- {<<: *b}\n", "", NULL, "", false},
	{"yaml", "a literal block", fuzzed_yaml, "a: |\n", "  x\n", "", NULL, "", false},
	{"yaml", "a folded text", fuzzed_yaml, "a: \"", "b\n\n ", "", NULL, "\"\n", false},
	{"yaml", "comments", fuzzed_yaml, "a: b\n", "# c\n", "", NULL, "", false},
	{"yaml", "a wrong line at the end", fuzzed_yaml, "", "k\1: v\n", "", NULL, "k0: v\n", false},

	/* ---- shell ---- */
	{"shell", "words", fuzzed_shell, "", "a   ", "", NULL, "", false},
	{"shell", "commands", fuzzed_shell, "", "a\n\n\n", "", NULL, "", false},
	{"shell", "separators", fuzzed_shell, "a", ";", "", NULL, "", true},
	{"shell", "quotes in quotes", fuzzed_shell, "a ", "'a'\"b\"\\c", "", NULL, "", false},
	{"shell", "backslashes", fuzzed_shell, "a ", "\\a", "", NULL, "", false},
	{"shell", "braces", fuzzed_shell, "a ", "{a,}", "", NULL, "", false},
	{"shell", "ends of braces", fuzzed_shell, "a {a,", "}}}}", "", NULL, "", false},
	{"shell", "substitutions nested", fuzzed_shell, "a ", "$(", "", NULL, "", true},
	{"shell", "substitutions side by side", fuzzed_shell, "a ", "$(b) ", "", NULL, "", false},
	{"shell", "references of Kubernetes", fuzzed_shell, "a ", "$(A) \"$(B)\" # $(C)\n", "", NULL, "", false},
	{"shell", "backticks", fuzzed_shell, "a ", "`a` ", "", NULL, "", false},
	{"shell", "here-documents", fuzzed_shell, "", "cat <<E\nx\nE\n", "", NULL, "", false},
	{"shell", "heads of here-documents", fuzzed_shell, "cat ", "<<E ", "\n", "E\n", "", false},
	{"shell", "a here-document without end", fuzzed_shell, "cat <<E\n", "E \n", "", NULL, "", true},
	{"shell", "arrays", fuzzed_shell, "", "A\1=(b)\n", "", NULL, "x ${A1[@]}\n", false},
	{"shell", "one array, used often", fuzzed_shell, "A=(b c d)\n", "x ${A[@]}\n", "", NULL, "", false},
	{"shell", "branches", fuzzed_shell, "", "if a; then b; fi\n", "", NULL, "", false},
	{"shell", "branches nested", fuzzed_shell, "", "if a; then ", "", "fi; ", "", true},
	{"shell", "functions", fuzzed_shell, "", "f\1() { a; }\n", "", NULL, "", false},
	{"shell", "cases", fuzzed_shell, "case a in ", "b\1) c;; ", "", NULL, "esac\n", false},
	{"shell", "arithmetic", fuzzed_shell, "a ", "$((1+1)) ", "", NULL, "", false},
	{"shell", "parameters", fuzzed_shell, "a ", "${b:-c} ", "", NULL, "", false},
	{"shell", "comments", fuzzed_shell, "a\n", "# b\n", "", NULL, "", false},

	{"shell names", "quotes", target_shell_names, "A", "\"'\\", "", NULL, "B", false},
	{"shell names", "variables", target_shell_names, "", "$A ${B} $(C) ${ ", "", NULL, "", false},

	/* ---- options of the JVM ---- */
	{"java options", "words", target_java_options, "", "-Dspark.k=v ", "", NULL, "", false},
	{"java options", "one word", target_java_options, "", "-Dspark.k=", "", NULL, "", false},
	{"java options", "longer keys", target_java_options, "", "-Dspark.kX", "", NULL, "", false},
	{"java options", "quotes", target_java_options, "", "'\\\"\\", "", NULL, "", false},
	{"java options", "wide blanks", target_java_options, "", "\xe2\x80\x83\xe3\x80\x81", "", NULL, "", false},

	/* ---- command lines and their options; \xff parts the elements of args ---- */
	{"command line", "confs of many keys", fuzzed_cmdline, START "\xff", "--conf\xffspark.k\1=v\xff", "", NULL, "", false},
	{"command line", "confs of one key", fuzzed_cmdline, START "\xff", "--conf\xffspark.master=local\xff", "", NULL, "", false},
	{"command line", "masters", fuzzed_cmdline, START "\xff", "--master\xfflocal\xff", "", NULL, "", false},
	{"command line", "references", fuzzed_cmdline, START "\xff", "--conf\xffspark.a=$(A)\xff", "", NULL, "", false},
	{"command line", "wrappers", fuzzed_cmdline, "", "env\xff", "", NULL, START, true},
	{"command line", "confs in a shell's text", fuzzed_cmdline_shell, START, " --conf spark.k\1=v", "", NULL, "", false},
	{"command line", "masters in a shell's text", fuzzed_cmdline_shell, START, " --master local", "", NULL, "", false},
	{"command line", "opaque words", fuzzed_cmdline_shell, START, " $A", "", NULL, "", false},
	{"command line", "servers in substitutions", fuzzed_cmdline_shell, START " ", "$(a `b $(" START ")`) ", "", NULL, "", false},
	{"command line", "variables in substitutions", fuzzed_cmdline_shell, START " ", "$(\"$A\1\"; \"$B\"; : " START ") ", "", NULL, "", false},
	{"command line", "a long text in tests in one another", fuzzed_cmdline_shell, TESTS "echo ", "a ", "", NULL, START TESTS_END, true},
	{"command line", "arrays in tests in one another", fuzzed_cmdline_shell, TESTS, "A=(b); ", "", NULL, START TESTS_END, true},
	{"command line", "shells that are options of shells", fuzzed_cmdline, "", "sh\xff-o\xff", "", NULL, START, true},
	{"command line", "shells of shells", fuzzed_cmdline, "", "sh\xff-x\xff", "", NULL, START, true},
	{"command line", "commands that set keeps", fuzzed_cmdline_shell, "", "a\n", "", "set -- " START "\n", "\"$@\"\n", true},
	{"command line", "variables that are kept", fuzzed_cmdline_shell, "", "A\1=" START "; $B\1\n", "", NULL, "$A1\n", true},
	{"command line", "a kept variable, looked for", fuzzed_cmdline_shell, "A=" START "; \"", "$B", "", NULL, "\"\n", false},
	{"command line", "invocations", fuzzed_cmdline_shell, "", START " --conf a=b\n", "", NULL, "", true},
	{"command line", "assignments", fuzzed_cmdline_shell, "", "A\1=b\n", "", NULL, START " --master $A1\n", false},
	{"command line", "a comment that says tail", fuzzed_cmdline_shell, START " $(x)\n#", " tail", "", NULL, "", false},
	{"command line", "\"$@\" that may wait", fuzzed_cmdline_shell, "set -- a\n", START " \"$@\" \"$@\"\n", "", NULL, "", true},
	{"command line", "a long argument, used often", fuzzed_cmdline_shell, START "\n", "foo $1\n", "\xff" "sh\xff", "xxxxxxxx", "", true},
	{"rules", "keys", target_rule_settings, "", "spark.k\1\n", "", NULL, "", false},
	{"rules", "one key", target_rule_settings, "", "spark.k\n", "", NULL, "", false},
	{"rules", "keys of a prefix in a ConfigMap", target_disabled_text, "spark.connect.a 1\n", "spark.hadoop.k\1=v\n", "", NULL, "", false},
	{"rules", "keys of a prefix in a pod's file", target_disabled_file, "", "spark.hadoop.k\1=v\n", "", NULL, "", false},
	{"rules", "keys of a prefix to be overridden", target_overridden_file, "", "spark.hadoop.k\1=v\n", "", NULL, "", true},
	{"rules", "keys of a prefix in args", target_disabled_args, "", "\"--conf\",\"spark.hadoop.k\1=v\",", "", NULL, "\"-v\"", false},
	{"command line", "variables of variables", fuzzed_cmdline_shell, "A=b\n", "A=$A\n", "", NULL, START " --master $A\n", false},
	{"expansion", "references", target_expansion, "{\"env\":[{\"name\":\"A\",\"value\":\"x\"}]}|", "$(A)", "", NULL, "", false},
	{"expansion", "no references", target_expansion, "{\"env\":[{\"name\":\"A\",\"value\":\"x\"}]}|", "$(", "", NULL, "", false},
	{"expansion", "references in one another", target_expansion, "{\"env\":[{\"name\":\"A\",\"value\":\"x\"}]}|", "$($($(A)", "", NULL, "", false},
	{"expansion", "dollars", target_expansion, "{\"env\":[{\"name\":\"A\",\"value\":\"x\"}]}|", "$$", "", NULL, "", false},
	{"expansion", "of as many variables", target_expansion, "{\"env\":[", "{\"name\":\"A\1\",\"value\":\"x\"},", "{\"name\":\"B\"}]}|", "$(A\1)", "", false},
	{"expansion", "of a long value", target_expansion, "{\"env\":[{\"name\":\"A\",\"value\":\"", "xxxxxxxx", "\"}]}|", "$(A)", "", false},

	{"command line", "keys that go", fuzzed_cmdline, START "\xff", "--conf\xffspark.app.id=x\xff", "", NULL, "", false},

	/* ---- properties ---- */
	{"properties", "one-byte lines", fuzzed_properties, "", "a\n", "", NULL, "", true},
	{"properties", "lines", fuzzed_properties, "", "spark.k\1 v\n", "", NULL, "", false},
	{"properties", "one key", fuzzed_properties, "", "spark.master x\n", "", NULL, "", false},
	{"properties", "one continued line", fuzzed_properties, "spark.master=", "a\\\n", "", NULL, "", false},
	{"properties", "escapes", fuzzed_properties, "a=", "\\u0041", "", NULL, "", false},
	{"properties", "marks", fuzzed_properties, "", "#sparkgate:off #sparkgate:off a\n", "", NULL, "", false},
	{"properties", "forged blocks", fuzzed_properties, "", "#sparkgate:begin k8s 00000000\nspark.master x\n#sparkgate:end\n", "", NULL, "", false},
	{"properties", "blocks without end", fuzzed_properties, "", "#sparkgate:begin k8s 00000000\n", "", NULL, "", false},

	/* ---- texts that operators, clusters and drivers write ---- */
	{"condition", "or", fuzzed_conditions, "a.contains('b')", " || a.contains('b')", "", NULL, "", false},
	{"condition", "brackets", fuzzed_conditions, "", "(", "", ")", "", true},
	{"condition", "not", fuzzed_conditions, "", "!", "", NULL, "a.contains('b')", true},
	{"condition", "a list", fuzzed_conditions, "a[?'k'].orValue('') in [", "'v', ", "", NULL, "'w']", false},
	{"condition", "quotes", fuzzed_conditions, "a.contains('", "\\'", "", NULL, "')", false},
	{"policy", "rules", fuzzed_policy, "apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n",
	 "- {id: backend.k\1, why: because, versions: all, set: {key: spark.k\1, value: v}}\n", "", NULL, "", false},
	{"policy", "rules of one id", fuzzed_policy, "apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n",
	 "- {id: backend.k, why: because, versions: all, set: {key: spark.k, value: v}}\n", "", NULL, "", false},
	{"policy", "unknown words", fuzzed_policy, "apiVersion: policy.sparkgate.io/v1\nkind: Checks\n", "k\1: v\n", "", NULL, "", false},
	{"policy", "documents", fuzzed_policy, "", "---\napiVersion: policy.sparkgate.io/v1\nkind: Checks\n", "", NULL, "", false},
	{"policy", "exemptions", fuzzed_policy, "apiVersion: policy.sparkgate.io/v1\nkind: Exemptions\nexemptions:\n",
	 "- {id: e\1, rules: [connect.grpcPort], namespaces: [n\1], owner: o, reason: r, expires: 2027-01-01}\n", "", NULL, "", false},
	{"kubeconfig", "contexts", fuzzed_kubeconfig, "apiVersion: v1\nkind: Config\ncurrent-context: z\ncontexts:\n", "- {name: c\1, context: {cluster: a, user: b}}\n", "", NULL, "", false},
	{"kubeconfig", "a certificate", fuzzed_kubeconfig, "apiVersion: v1\nkind: Config\nclusters:\n- {name: a, cluster: {server: 'https://a', certificate-authority-data: ", "QUJD", "", NULL, "}}\n", false},
	{"quantity", "digits", fuzzed_quantity, "1", "0", "", NULL, "", true},
	{"switch record", "restarts", fuzzed_switch, "{\"restarts\":[", "{\"kind\":\"Deployment\",\"name\":\"d\1\"},", "", NULL, "{}]}", true},
	{"watch", "events", fuzzed_watch, "", "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Namespace\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"n\1\"}}}\n", "", NULL, "", false},
	{"watch", "a line without end", fuzzed_watch, "", "x", "", NULL, "", false},
	{"driver", "attributes", fuzzed_spark_ui, "{\"sparkProperties\":[", "[\"spark.k\1\",\"v\"],", "", NULL, "[\"spark.master\",\"local\"]]}", false},
	{"audit log", "events", fuzzed_audit_event, "",
	 "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Request\",\"auditID\":\"i\1\",\"stage\":\"ResponseComplete\",\"verb\":\"create\",\"user\":{\"username\":\"u\"},"
	 "\"objectRef\":{\"resource\":\"pods\",\"namespace\":\"a\",\"name\":\"p\1\",\"apiVersion\":\"v1\"},\"responseStatus\":{\"code\":201},\"requestObject\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\","
	 "\"metadata\":{\"name\":\"p\1\"},\"spec\":{\"containers\":[{" SERVER "}]}}}\n", "", NULL, "", false},

	/* ---- what is printed ---- */
	{"base64", "a text", target_base64, "", "QUJDREVG", "", NULL, "", false},
	{"base64", "line breaks", target_base64, "", "\n", "", NULL, "QUJD", false},
	{"redaction", "nearly a secret", target_redaction, "", "secre", "", NULL, "", false},
	{"redaction", "nearly a key", target_redaction, "", "acces", "", NULL, "", false},
	{"html", "brackets", target_html, "", "<&\"", "", NULL, "", false},
	{"html", "marks of direction", target_html, "", "\xe2\x80\xae", "", NULL, "", false},
	{"xml", "brackets", target_xml, "", "<&\"", "", NULL, "", false},

	/* ---- decisions ---- */
	{"mutate", "containers", fuzzed_mutate, POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[", "{\"name\":\"c\1\",\"image\":\"apache/spark:4.0.1\",\"command\":[\"" START "\"]},", "", NULL, "{\"name\":\"z\"}]}}}}", true},
	{"mutate", "containers of others", fuzzed_mutate, POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[", "{\"name\":\"c\1\",\"command\":[\"a\"]},", "", NULL, "{" SERVER "}]}}}}", false},
	{"mutate", "environment", fuzzed_mutate, ONE ",\"env\":[", "{\"name\":\"SPARK_E\1\",\"value\":\"x\"},", "", NULL, "{\"name\":\"Z\"}]}]}}}}", false},
	{"mutate", "an environment of itself", fuzzed_mutate, ONE ",\"args\":[\"--master\",\"$(E1)\"],\"env\":[", "{\"name\":\"E\1\",\"value\":\"$(E1)\"},", "", NULL, "{\"name\":\"Z\"}]}]}}}}", false},
	{"mutate", "java options", fuzzed_mutate, ONE ",\"env\":[{\"name\":\"SPARK_DAEMON_JAVA_OPTS\",\"value\":\"", "-Dspark.k\1=b ", "", NULL, "\"}]}]}}}}", false},
	{"mutate", "arguments", fuzzed_mutate, ONE ",\"args\":[", "\"--conf\",\"spark.k\1=v\",", "", NULL, "\"-v\"]}]}}}}", false},
	{"mutate", "volumes", fuzzed_mutate, POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"volumes\":[", "{\"name\":\"v\1\",\"configMap\":{\"name\":\"c\1\"}},", "{\"name\":\"z\"}],\"containers\":[{" SERVER ",\"volumeMounts\":[", "{\"name\":\"v\1\",\"mountPath\":\"/m\1\"},", "{\"name\":\"z\",\"mountPath\":\"/z\"}]}]}}}}", false},
	{"mutate", "sizes in a text", fuzzed_mutate, ONE ",\"args\":[\"$O\",\"", "--executor-cores 1\\n", "", NULL, "\"]}]}}}}", false},
	{"mutate", "files that a script writes", fuzzed_mutate, ONE ",\"args\":[\"$O\",\"", "cp /a /b/spark-defaults.conf.old; SPARK_CONF_DIR=/opt/spark/conf ", "", NULL, "\"]}]}}}}", false},
	{"mutate", "folders of Spark", fuzzed_mutate, ONE ",\"args\":[\"SPARK_CONF_DIR=/opt/spark/conf\\n", "/a ", "", NULL, "\"]}]}}}}", false},
	{"mutate", "variables that may wait", fuzzed_mutate, SHELL "\"", "A=$A; ", "", NULL, START " $A1 $A2 $A3 --wait\"]}]}}}}", false},
	{"mutate", "one that waits for itself", fuzzed_mutate, SHELL "\"", "A=$A; B=$A; ", "", NULL, START " $A $B --wait\"]}]}}}}", false},
	{"mutate", "words set again and again", fuzzed_mutate, SHELL "\"", "set -- $A; ", "", NULL, START " $@\"]}]}}}}", false},
	{"mutate", "sources of an environment", fuzzed_mutate, ONE ",\"envFrom\":[", "{\"configMapRef\":{\"name\":\"c\1\"}},", "", NULL, "{}]}]}}}}", false},
	{"mutate", "a shell's text", fuzzed_mutate, POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"command\":[\"sh\",\"-c\",\"" START, " --conf spark.k\1=v", "", NULL, "\"]}]}}}}", false},
	{"mutate", "a properties text", fuzzed_mutate, MAP "\"spark-defaults.conf\":\"", "spark.executor.k\1 x\\n", "", NULL, "\"}}}}", false},
	{"mutate", "properties texts", fuzzed_mutate, MAP, "\"spark-properties.conf\1\":\"spark.master x\\n\",", "", NULL, "\"z\":\"\"}}}}", false},
	{"mutate", "pod templates", fuzzed_mutate, MAP, "\"t\1.yaml\":\"kind: Pod\\nspec: {containers: [{name: a}]}\\n\",", "", NULL, "\"z\":\"\"}}}}", false},
	{"validate", "containers", fuzzed_validate, POD "{\"metadata\":{\"name\":\"p\",\"labels\":{\"app\":\"spark-connect\"}},\"spec\":{\"containers\":[", "{\"name\":\"c\1\",\"image\":\"apache/spark:4.0.1\",\"command\":[\"" START "\"]},", "", NULL, "{\"name\":\"z\"}]}}}}", true},
	{"validate", "containers that violate", fuzzed_validate, POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"hostNetwork\":true,\"containers\":[",
	 "{\"name\":\"c\1\",\"command\":[\"" START "\"],\"securityContext\":{\"privileged\":true,\"runAsUser\":0,\"capabilities\":{\"add\":[\"SYS_ADMIN\"]}},\"ports\":[{\"hostPort\":8\1}]},", "", NULL, "{\"name\":\"z\"}]}}}}", true},
	{"validate", "sysctls", fuzzed_validate, POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"securityContext\":{\"sysctls\":[", "{\"name\":\"kernel.x\1\",\"value\":\"1\"},", "{}]},\"containers\":[{" SERVER "}]}}}}", NULL, "", false},
	{"validate", "annotations", fuzzed_validate, POD "{\"metadata\":{\"name\":\"p\",\"annotations\":{", "\"container.apparmor.security.beta.kubernetes.io/c\1\":\"unconfined\",", "\"z\":\"\"}},\"spec\":{\"containers\":[{" SERVER "}]}}}}", NULL, "", false},
	{"validate", "labels", fuzzed_validate, POD "{\"metadata\":{\"name\":\"p\",\"labels\":{", "\"sparkgate.io/\1\":\"\",", "\"z\":\"\"}},\"spec\":{\"containers\":[{" SERVER "}]}}}}", NULL, "", false},
	{"validate", "a Deployment's containers", fuzzed_validate, DEPLOY "\"containers\":[", "{\"name\":\"c\1\",\"image\":\"apache/spark:4.0.1\",\"command\":[\"" START "\"]},", "", NULL, "{\"name\":\"z\"}]}}}}}}", true},
	{"validate", "a Deployment's volumes", fuzzed_validate, DEPLOY "\"containers\":[{" SERVER "}],\"volumes\":[", "{\"name\":\"v\1\",\"hostPath\":{\"path\":\"/\"}},", "", NULL, "{\"name\":\"z\"}]}}}}}}", false},
	{"validate", "options of the JVM", fuzzed_validate_k8s, ONE ",\"args\":[\"--master\",\"k8s://https://kubernetes.default.svc\"],\"env\":[{\"name\":\"JAVA_TOOL_OPTIONS\",\"value\":\"",
	 "-Dspark.kubernetes.submitInDriver=false ", "", NULL, "\"}]}]}}}}", false},
	{"validate", "options of unknown parts", fuzzed_validate_k8s, ONE ",\"args\":[\"--master\",\"k8s://https://kubernetes.default.svc\"],\"env\":[{\"name\":\"JAVA_TOOL_OPTIONS\",\"value\":\"",
	 "-Da=$(B\1) ${ $$", "", NULL, "\"}]}]}}}}", false},
	{"validate", "variables put into a text", fuzzed_validate_k8s, POD "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"env\":[",
	 "{\"name\":\"A\1\",\"value\":\"$$x\"},", "{\"name\":\"Z\"}],\"command\":[\"sh\",\"-c\",\"export A=b; " START " --master k8s://https://kubernetes.default.svc", " $A\1", "\"]}]}}}}", true},
	{"pod security", "containers", fuzzed_pss, "{\"metadata\":{},\"spec\":{\"containers\":[", "{\"name\":\"c\1\"},", "", NULL, "{\"name\":\"z\"}]}}", false},
	{"pod security", "capabilities", fuzzed_pss, "{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":\"c\",\"securityContext\":{\"capabilities\":{\"add\":[", "\"C\1\",", "\"Z\"]}}}]}}", NULL, "", false},
	{"pod security", "volumes", fuzzed_pss, "{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":\"c\"}],\"volumes\":[", "{\"name\":\"v\1\",\"hostPath\":{\"path\":\"/\"}},", "{}]}}", NULL, "", false},

	/* ---- reports over a List ---- */
	{"report", "a table", fuzzed_audit_table, LIST, ITEM, "", NULL, LAST, false},
	{"report", "JSON", fuzzed_audit_json, LIST, ITEM, "", NULL, LAST, false},
	{"report", "JUnit", fuzzed_audit_junit, LIST, ITEM, "", NULL, LAST, false},
	{"report", "SARIF", fuzzed_audit_sarif, LIST, ITEM, "", NULL, LAST, false},
	{"report", "OpenReports", fuzzed_audit_openreports, LIST, ITEM, "", NULL, LAST, false},
	{"secret", "data", fuzzed_secret, "{\"kind\":\"Secret\",\"metadata\":{\"labels\":{\"app.kubernetes.io/managed-by\":\"sparkgate\"}},\"data\":{", "\"k\1\":\"QUJD\",", "", NULL, "\"tls.crt\":\"QUJD\"}}", false},
};
/* clang-format on */

const size_t recipe_count = sizeof(recipes) / sizeof(*recipes);
