{{/*
The selectors of values.yaml, twice: as CEL behind the shipped matchConditions, and as a file of the policy layer. The API
server never calls for less than the policy selects: a word is asked for by its first ten characters, which is cheapest
(manifests/webhook-configurations.yaml says why).
*/}}

{{/* [{key: value}] -> CEL on labels l. */}}
{{- define "sparkgate.celLabels" -}}
{{- $any := list }}
{{- range . }}
{{- $all := list }}
{{- range $key, $value := . }}
{{- if eq $value "*" }}{{ $all = append $all (printf "'%s' in l" $key) }}
{{- else if hasSuffix "*" $value }}{{ $all = append $all (printf "l[?'%s'].orValue('').startsWith('%s')" $key (trimSuffix "*" $value)) }}
{{- else }}{{ $all = append $all (printf "l[?'%s'].orValue('') == '%s'" $key $value) }}
{{- end }}
{{- end }}
{{- $any = append $any (printf "(%s)" (join " && " $all)) }}
{{- end }}
{{- join " || " $any }}
{{- end }}

{{/* {words, lists}: CEL that is true where a container of the lists has one of the words in command or args. */}}
{{- define "sparkgate.celWords" -}}
{{- $any := list }}
{{- range .words }}{{ $any = append $any (printf "a.contains('%s')" (trunc 10 .)) }}{{ end }}
{{- printf "[%s].exists(cs, cs.size() > 100 || cs.exists(c, [(c.?command.orValue([]) + c.?args.orValue([])).join(' ')].exists(a, %s)))" .lists (join " || " $any) }}
{{- end }}

{{/* All labels (JSON: {labels, words}) of the pod roles. */}}
{{- define "sparkgate.extraSelectors" -}}
{{- $labels := list }}{{ $words := list }}
{{- range list "connectServer" "standaloneMaster" "standaloneWorker" }}
{{- $role := index $.Values.selectors . }}
{{- $labels = concat $labels $role.labels }}{{ $words = concat $words $role.words }}
{{- end }}
{{- dict "labels" $labels "words" ($words | uniq) | toJson }}
{{- end }}

{{/* {root, condition}: the expression, with what the selectors add. */}}
{{- define "sparkgate.condition" -}}
{{- $extra := include "sparkgate.extraSelectors" .root | fromJson }}
{{- $name := .condition.name }}
{{- $text := .condition.expression }}
{{- $pod := "(object.spec.containers == null ? [] : object.spec.containers) + object.spec.?initContainers.orValue([]) + object.spec.?ephemeralContainers.orValue([])" }}
{{- if and (eq $name "is-connect-config") .root.Values.selectors.configMapLabels }}
{{- $labels := list }}
{{- range .root.Values.selectors.configMapLabels }}
{{- $parts := splitList "=" . }}
{{- $labels = append $labels (dict (first $parts) (ternary (last $parts) "*" (contains "=" .))) }}
{{- end }}
{{- $text = printf "(%s)\n|| [object.metadata.?labels.orValue({})].exists(l, %s)" $text (include "sparkgate.celLabels" $labels) }}
{{- else if eq $name "is-spark" }}
{{- if $extra.labels }}
{{- $text = printf "(%s)\n|| [object.metadata.?labels.orValue({})].exists(l, %s)" $text (include "sparkgate.celLabels" $extra.labels) }}
{{- end }}
{{- if $extra.words }}
{{- $text = printf "(%s)\n|| %s" $text (include "sparkgate.celWords" (dict "words" $extra.words "lists" $pod)) }}
{{- end }}
{{- else if and (eq $name "not-an-executor") $extra.words }}
{{- $text = printf "(%s)\n|| %s" $text (include "sparkgate.celWords" (dict "words" $extra.words "lists" $pod)) }}
{{- else if and (eq $name "is-an-executor") $extra.words }}
{{- $text = printf "(%s)\n&& !%s" $text (include "sparkgate.celWords" (dict "words" $extra.words "lists" $pod)) }}
{{- else if and (eq $name "is-spark-template") (or $extra.labels $extra.words) }}
{{- $any := list }}
{{- with $extra.labels }}{{ $any = append $any (printf "[t.?metadata.labels.orValue({})].exists(l, %s)" (include "sparkgate.celLabels" .)) }}{{ end }}
{{- with $extra.words }}{{ $any = append $any (include "sparkgate.celWords" (dict "words" . "lists" "t.spec.containers + t.spec.?initContainers.orValue([])")) }}{{ end }}
{{- $template := "request.kind.kind == 'CronJob' ? object.spec.jobTemplate.spec.template : request.kind.kind == 'PodTemplate' ? object.template : object.spec.template" }}
{{- $text = printf "(%s)\n|| [%s].exists(t, %s)" $text $template (join "\n  || " $any) }}
{{- end }}
{{- $text }}
{{- end }}

{{/* The policy file: of each role that gets something, the shipped selectors and the new ones (a later layer's list replaces). */}}
{{- define "sparkgate.selectorsFile" -}}
{{- $shipped := .Files.Get "files/selectors.yaml" | fromYaml }}
{{- $roles := list }}
{{- range $key, $role := dict "connectServer" "connect-server" "standaloneMaster" "standalone-master" "standaloneWorker" "standalone-worker" }}
{{- $more := index $.Values.selectors $key }}
{{- if or $more.labels $more.words }}
{{- range $shipped.roles }}
{{- if eq .role $role }}
{{- $roles = append $roles (dict "role" $role "labels" (concat .labels $more.labels) "words" (concat .words $more.words)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- $file := dict "apiVersion" "policy.sparkgate.io/v1" "kind" "Selectors" }}
{{- with $roles }}{{ $_ := set $file "roles" . }}{{ end }}
{{- with .Values.selectors.configMapLabels }}
{{- $_ := set $file "configMaps" (dict "labels" (concat $shipped.configMaps.labels .)) }}
{{- end }}
{{- if or $roles .Values.selectors.configMapLabels }}
{{- toYaml $file }}
{{- end }}
{{- end }}
