"""Attacks by one text: of a shell, of spark-defaults.conf, of a pod template. attacks.py has them all."""

import json

from recipe import ROOM, START, attack, config_map, fill, many, shell


# ---- shell texts ----


@attack
def shell_nested_substitutions():
    return shell(START + " " + fill('"$(a ' * 60 + ')"' * 60 + " "))


@attack
def shell_nested_too_deep():
    return shell(START + " " + fill("$("))


@attack
def shell_many_commands():
    return shell(fill(START + " --conf a=b\n"))


@attack
def shell_many_short_commands():
    return shell(START + "\n" + fill("a\n"))


@attack
def shell_one_long_quoted_word():
    return shell(START + " --conf 'spark.x=" + fill("y ") + "'")


@attack
def shell_quotes_in_quotes():
    return shell(START + " " + fill("'a'\"b\"\\c"))


@attack
def shell_backslashes():
    return shell(START + " " + fill("\\"))


@attack
def shell_backticks():
    return shell(START + " " + fill("`a` "))


@attack
def shell_here_documents():
    return shell(fill("cat <<E\nx\nE\n") + START + "\n")


@attack
def shell_many_here_document_heads():
    return shell("cat " + fill("<<E ", ROOM // 2) + "\n" + fill("E\n", ROOM // 2 - 4096))


@attack
def shell_arrays():
    return shell(fill("A=(b)\n") + START + ' "${A[@]}"\n')


@attack
def shell_one_array_used_often():
    return shell("A=(" + "--conf a=b " * 4000 + ")\n" + (START + ' "${A[@]}"\n') * many(1500))


@attack
def shell_assignments():
    return shell(fill("A=b\n", ROOM - 200) + START + " --master $A\n")


@attack
def shell_variables_of_variables():
    names = "".join(f"A{i}=$A{i - 1}\n" for i in range(1, many(100_000)))
    return shell("A0=x\n" + names + START + f" --master $A{many(100_000) - 1}\n")


@attack
def shell_shell_in_shell():
    text = START
    for _ in range(16):
        text = "sh -c '" + text.replace("'", "'\\''") + "'"
        if len(json.dumps(text)) > ROOM // 4:
            break
    return shell(text)


@attack
def shell_separators():
    return shell(START + fill(";"))


@attack
def shell_confs():
    return shell(START + fill(" --conf spark.a=1"))


@attack
def shell_confs_of_one_key():
    return shell(START + " --conf spark.master=local" * many(9000))


@attack
def shell_escaped_unicode():
    return shell(START + fill(" \u00e9"))


# ---- ConfigMaps ----


@attack
def properties_one_byte_lines():
    return config_map({"spark-defaults.conf": fill("a\n")})


@attack
def properties_empty_lines():
    return config_map({"spark-defaults.conf": fill("\n")})


@attack
def properties_masters():
    return config_map({"spark-defaults.conf": fill("spark.master x\n")})


@attack
def properties_forged_marks():
    return config_map({"spark-defaults.conf": fill("#sparkgate:off #sparkgate:off a\n")})


@attack
def properties_forged_blocks():
    return config_map({"spark-defaults.conf": fill("#sparkgate:begin k8s 00000000\nspark.master x\n#sparkgate:end\n")})


@attack
def properties_blocks_that_never_end():
    return config_map({"spark-defaults.conf": fill("#sparkgate:begin k8s 00000000\n")})


@attack
def properties_one_continued_line():
    return config_map({"spark-defaults.conf": "spark.master=" + fill("a\\\n")})


@attack
def properties_escapes():
    return config_map({"spark-defaults.conf": "spark.x=" + fill("\\u0041")})


@attack
def properties_in_many_keys():
    return config_map({f"spark-properties.conf{i}": "spark.master x\n" for i in range(many(40_000))})


@attack
def properties_in_many_unknown_keys():
    return config_map({f"k{i}": "spark.connect.x y\n" for i in range(many(60_000))})


@attack
def properties_wrong_keys():
    return config_map({"spark-defaults.conf": fill("spark.shuffle.consolidateFiles x\n")})


@attack
def properties_unknown_keys():
    return config_map({"spark-defaults.conf": "".join(f"spark.executor.k{i} x\n" for i in range(many(110_000)))})


@attack
def template_yaml_deep():
    return config_map({"spark-defaults.conf": "spark.kubernetes.executor.podTemplateFile /t/pod.yaml\n", "pod.yaml": fill("[")})


@attack
def template_yaml_flow_keys():
    return config_map({"spark-defaults.conf": "spark.kubernetes.executor.podTemplateFile /t/pod.yaml\n", "pod.yaml": fill("{a,")})


@attack
def template_yaml_aliases():
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 20)]
    return config_map({"spark-defaults.conf": "spark.kubernetes.executor.podTemplateFile /t/pod.yaml\n", "pod.yaml": "\n".join(lines)})


@attack
def template_yaml_quoted():
    return config_map({"pod.yaml": "kind: Pod\nspec:\n  containers:\n  - name: \"" + fill("a\n\n") + '"\n'})


@attack
def template_yaml_many_keys():
    return config_map({"pod.yaml": "kind: Pod\nspec: {}\nmetadata:\n" + "".join(f" k{i}: v\n" for i in range(many(180_000)))})


@attack
def template_yaml_many_texts():
    return config_map({f"t{i}.yaml": "kind: Pod\nspec: {containers: [{name: a}]}\n" for i in range(many(35_000))})


@attack
def template_yaml_anchors():
    return config_map({"pod.yaml": "kind: Pod\nspec: {}\nmetadata:\n" + "".join(f" k{i}: &a{i} v\n" for i in range(many(120_000)))})


@attack
def template_yaml_merges():
    return config_map({"pod.yaml": "kind: Pod\nspec: {}\nb: &b {" + ",".join(f"k{i}: 1" for i in range(2000)) + "}\nm:\n" + "- {<<: *b}\n" * many(20_000)})
