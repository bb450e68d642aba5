{{/* What is said for both charts at once goes over what each says. Every template begins with it. */}}
{{- define "spark-standalone.init" -}}
{{- include "spark-standalone.overlay" (list .Values (dig "spark" dict (.Values.global | default dict))) }}
{{- /* 3.5 without quotes is a number. */}}
{{- $_ := set .Values "sparkVersion" (toString .Values.sparkVersion) }}
{{- end }}

{{- define "spark-standalone.overlay" -}}
{{- $to := index . 0 }}
{{- range $key, $value := index . 1 }}
{{- if and (kindIs "map" $value) (kindIs "map" (get $to $key)) }}
{{- include "spark-standalone.overlay" (list (get $to $key) $value) }}
{{- else }}
{{- $_ := set $to $key $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* Names and labels as Helm's own starter chart makes them. */}}
{{- define "spark-standalone.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "spark-standalone.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "spark-standalone.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Values.sparkVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "spark-standalone.serviceAccount" -}}
{{- default (ternary (include "spark-standalone.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{/* The exact version of apache/spark's image for each sparkVersion. */}}
{{- define "spark-standalone.tag" -}}
{{- $said := regexFind "^[2-9][.][0-9]+" .Values.image.tag }}
{{- if and $said (ne $said .Values.sparkVersion) }}
{{- fail (printf "image.tag %s is of Spark %s, sparkVersion says %s" .Values.image.tag $said .Values.sparkVersion) }}
{{- end }}
{{- default (get (dict "3.5" "3.5.7" "4.1" "4.1.1") .Values.sparkVersion) .Values.image.tag }}
{{- end }}

{{- define "spark-standalone.image" -}}
{{- $tag := include "spark-standalone.tag" . }}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ $tag }}
{{- end }}
{{- end }}

{{/* Mebibytes of a size as Spark writes it: 512m, 2g. */}}
{{- define "spark-standalone.mebibytes" -}}
{{- mul (regexFind "^[0-9]+" . | int64) (ternary 1024 1 (hasSuffix "g" (lower .))) }}
{{- end }}

{{/* Bytes of a quantity of Kubernetes: 1536Mi, 2G, 1.5Gi, 1e9. */}}
{{- define "spark-standalone.bytes" -}}
{{- $said := ternary (int64 .) . (kindIs "float64" .) | toString }}
{{- $factors := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 }}
{{- $factors = merge $factors (dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776) }}
{{- $unit := regexFind "[kMGTKi]*$" $said }}
{{- mulf (trimSuffix $unit $said | float64) (get $factors $unit | default 1) | int64 }}
{{- end }}

{{/*
Resources as they are said; where they name no memory: of a heap and what a process needs besides, (resources heap percent least). The
limit is no less than the request, which the API server would refuse.
*/}}
{{- define "spark-standalone.resources" -}}
{{- $said := index . 0 }}
{{- $heap := include "spark-standalone.mebibytes" (index . 1) | int64 }}
{{- $memory := printf "%dMi" (add $heap (max (div (mul $heap (index . 2)) 100) (index . 3))) }}
{{- $request := dig "memory" $memory $said.requests }}
{{- $limit := ternary $memory $request (gt (include "spark-standalone.bytes" $memory | int64) (include "spark-standalone.bytes" $request | int64)) }}
{{- if hasKey $said.limits "memory" }}
{{- $limit = $said.limits.memory }}
{{- $request = dig "memory" $limit $said.requests }}
{{- if gt (include "spark-standalone.bytes" $request | int64) (include "spark-standalone.bytes" $limit | int64) }}
{{- fail (printf "resources: a request of memory of %v is more than its limit, %v" $request $limit) }}
{{- end }}
{{- end }}
requests:
  {{- toYaml (merge (deepCopy $said.requests) (dict "memory" (dig "memory" $limit $said.requests))) | nindent 2 }}
limits:
  {{- toYaml (merge (deepCopy $said.limits) (dict "memory" $limit)) | nindent 2 }}
{{- end }}

{{/* "true" on OpenShift, where users and groups are the platform's to choose. */}}
{{- define "spark-standalone.openshift" -}}
{{- $said := toString .Values.openshift }}
{{- if eq $said "auto" }}{{ .Capabilities.APIVersions.Has "security.openshift.io/v1" }}{{ else }}{{ $said }}{{ end }}
{{- end }}

{{/* What Pod Security's level restricted asks for. 185 is the user of Spark's images, some of which give its name alone. */}}
{{- define "spark-standalone.podSecurityContext" -}}
runAsNonRoot: true
{{- if ne (include "spark-standalone.openshift" .) "true" }}
runAsUser: 185
runAsGroup: 185
fsGroup: 185
# A volume of many files is not walked through each time.
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "spark-standalone.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Where a pod may go: of the chart, and of one part of it, which counts instead. */}}
{{- define "spark-standalone.scheduling" -}}
{{- $all := index . 0 }}
{{- $own := index . 1 }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" }}
{{- with default (get $all $field) (get $own $field) }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- end }}

{{/* Credentials of S3 in the environment, where Hadoop's S3A looks for them, in every process that reads or writes. */}}
{{- define "spark-standalone.s3Env" -}}
{{- if and .Values.s3.enabled .Values.s3.existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ .Values.s3.existingSecret }}, key: {{ .Values.s3.accessKeyKey }}}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.s3.existingSecret }}, key: {{ .Values.s3.secretKeyKey }}}}
{{- end }}
{{- end }}

{{/* The secret of Spark's RPC. This variable is read before every setting, so that it stands in no file and no command line. */}}
{{- define "spark-standalone.authEnv" -}}
{{- if .Values.authentication.enabled }}
- name: _SPARK_AUTH_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ required "authentication.enabled: name a Secret in authentication.existingSecret" .Values.authentication.existingSecret }}
      key: {{ .Values.authentication.secretKey }}
{{- end }}
{{- end }}

{{/* Whoever may read ConfigMaps reads sparkConf: what is secret comes in by the environment. */}}
{{- define "spark-standalone.noSecrets" -}}
{{- range $key, $value := .Values.sparkConf }}
{{- $way := "" }}
{{- if regexMatch "^spark[.]hadoop[.]fs[.]s3a[.](.*[.])?(access[.]key|secret[.]key|session[.]token)$" $key }}
{{- $way = "s3.existingSecret names a Secret with the keys (for a session's token: env, AWS_SESSION_TOKEN)" }}
{{- else if eq $key "spark.authenticate.secret" }}
{{- $way = "authentication.existingSecret names a Secret" }}
{{- else if eq $key "spark.connect.authenticate.token" }}
{{- $way = "env takes it out of a Secret, and here stands ${env:VARIABLE}" }}
{{- end }}
{{- /* Spark's own way to name a variable, and Hadoop's. */}}
{{- if and $way (not (regexMatch "[$][{]env[:.][^}]+[}]" (toString $value))) }}
{{- fail (printf "sparkConf: %s would stand in a ConfigMap in clear; %s" $key $way) }}
{{- end }}
{{- end }}
{{- end }}

{{/* A properties file of a map. A backslash and the end of a line have a meaning there. */}}
{{- define "spark-standalone.properties" -}}
{{- range $key, $value := . }}
{{ $key }}={{ ternary $value (toJson $value) (kindIs "string" $value) | replace "\\" "\\\\" | replace "\n" "\\n" }}
{{- end }}
{{- end }}

{{/* All labels of an object of a part, and of its pods: (root part labels), of which those that are said for pods count. */}}
{{- define "spark-standalone.partLabels" -}}
{{- $labels := include "spark-standalone.labels" (index . 0) | fromYaml }}
{{- $own := ternary (last .) dict (gt (len .) 2) }}
{{- merge (include "spark-standalone.selectorLabels" . | fromYaml) (deepCopy $own) $labels | toYaml }}
{{- end }}

{{/* ---- So far both charts say the same, but for their names; from here on each says its own. ---- */}}

{{/* Labels that select the pods of a part: master, worker. */}}
{{- define "spark-standalone.selectorLabels" -}}
{{- $root := index . 0 }}
app.kubernetes.io/name: {{ include "spark-standalone.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: spark-{{ index . 1 }}
{{- end }}

{{/* Where workers and applications find the master. */}}
{{- define "spark-standalone.master" -}}
spark://{{ include "spark-standalone.fullname" . }}-master:7077
{{- end }}

{{/* Who submits: Connect servers of the namespace, by either label of theirs, and whoever the user names. */}}
{{- define "spark-standalone.applications" -}}
- podSelector:
    matchLabels: {app.kubernetes.io/name: spark-connect}
- podSelector:
    matchLabels: {sparkgate.io/role: connect-server}
{{- with .Values.networkPolicy.applicationsFrom }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What both daemons read. */}}
{{- define "spark-standalone.conf" -}}
{{- include "spark-standalone.noSecrets" . }}
{{- $conf := dict
  "spark.worker.cleanup.enabled" "true"
  "spark.worker.preferConfiguredMasterAddress" "true" }}
{{- if .Values.authentication.enabled }}
{{- $_ := set $conf "spark.authenticate" "true" }}
{{- end }}
{{- if .Values.master.recovery.enabled }}
{{- $_ := set $conf "spark.deploy.recoveryMode" "FILESYSTEM" }}
{{- $_ := set $conf "spark.deploy.recoveryDirectory" "/opt/spark/recovery" }}
{{- end }}
{{- range $key, $value := .Values.sparkConf }}
{{- $_ := set $conf $key $value }}
{{- end }}
{{- include "spark-standalone.properties" $conf | trim }}
{{- end }}
