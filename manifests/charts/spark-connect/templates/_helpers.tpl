{{/* What is said for both charts at once goes over what each says. Every template begins with it. */}}
{{- define "spark-connect.init" -}}
{{- include "spark-connect.overlay" (list .Values (dig "spark" dict (.Values.global | default dict))) }}
{{- /* 3.5 without quotes is a number. */}}
{{- $_ := set .Values "sparkVersion" (toString .Values.sparkVersion) }}
{{- end }}

{{- define "spark-connect.overlay" -}}
{{- $to := index . 0 }}
{{- range $key, $value := index . 1 }}
{{- if and (kindIs "map" $value) (kindIs "map" (get $to $key)) }}
{{- include "spark-connect.overlay" (list (get $to $key) $value) }}
{{- else }}
{{- $_ := set $to $key $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* Names and labels as Helm's own starter chart makes them. */}}
{{- define "spark-connect.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "spark-connect.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "spark-connect.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Values.sparkVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "spark-connect.serviceAccount" -}}
{{- default (ternary (include "spark-connect.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{/* The exact version of apache/spark's image for each sparkVersion. */}}
{{- define "spark-connect.tag" -}}
{{- $said := regexFind "^[2-9][.][0-9]+" .Values.image.tag }}
{{- if and $said (ne $said .Values.sparkVersion) }}
{{- fail (printf "image.tag %s is of Spark %s, sparkVersion says %s" .Values.image.tag $said .Values.sparkVersion) }}
{{- end }}
{{- default (get (dict "3.5" "3.5.7" "4.1" "4.1.1") .Values.sparkVersion) .Values.image.tag }}
{{- end }}

{{- define "spark-connect.image" -}}
{{- $tag := include "spark-connect.tag" . }}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ $tag }}
{{- end }}
{{- end }}

{{/* Mebibytes of a size as Spark writes it: 512m, 2g. */}}
{{- define "spark-connect.mebibytes" -}}
{{- mul (regexFind "^[0-9]+" . | int64) (ternary 1024 1 (hasSuffix "g" (lower .))) }}
{{- end }}

{{/* Bytes of a quantity of Kubernetes: 1536Mi, 2G, 1.5Gi, 1e9. */}}
{{- define "spark-connect.bytes" -}}
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
{{- define "spark-connect.resources" -}}
{{- $said := index . 0 }}
{{- $heap := include "spark-connect.mebibytes" (index . 1) | int64 }}
{{- $memory := printf "%dMi" (add $heap (max (div (mul $heap (index . 2)) 100) (index . 3))) }}
{{- $request := dig "memory" $memory $said.requests }}
{{- $limit := ternary $memory $request (gt (include "spark-connect.bytes" $memory | int64) (include "spark-connect.bytes" $request | int64)) }}
{{- if hasKey $said.limits "memory" }}
{{- $limit = $said.limits.memory }}
{{- $request = dig "memory" $limit $said.requests }}
{{- if gt (include "spark-connect.bytes" $request | int64) (include "spark-connect.bytes" $limit | int64) }}
{{- fail (printf "resources: a request of memory of %v is more than its limit, %v" $request $limit) }}
{{- end }}
{{- end }}
requests:
  {{- toYaml (merge (deepCopy $said.requests) (dict "memory" (dig "memory" $limit $said.requests))) | nindent 2 }}
limits:
  {{- toYaml (merge (deepCopy $said.limits) (dict "memory" $limit)) | nindent 2 }}
{{- end }}

{{/* "true" on OpenShift, where users and groups are the platform's to choose. */}}
{{- define "spark-connect.openshift" -}}
{{- $said := toString .Values.openshift }}
{{- if eq $said "auto" }}{{ .Capabilities.APIVersions.Has "security.openshift.io/v1" }}{{ else }}{{ $said }}{{ end }}
{{- end }}

{{/* What Pod Security's level restricted asks for. 185 is the user of Spark's images, some of which give its name alone. */}}
{{- define "spark-connect.podSecurityContext" -}}
runAsNonRoot: true
{{- if ne (include "spark-connect.openshift" .) "true" }}
runAsUser: 185
runAsGroup: 185
fsGroup: 185
# A volume of many files is not walked through each time.
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "spark-connect.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Where a pod may go: of the chart, and of one part of it, which counts instead. */}}
{{- define "spark-connect.scheduling" -}}
{{- $all := index . 0 }}
{{- $own := index . 1 }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" }}
{{- with default (get $all $field) (get $own $field) }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- end }}

{{/* Credentials of S3 in the environment, where Hadoop's S3A looks for them, in every process that reads or writes. */}}
{{- define "spark-connect.s3Env" -}}
{{- if and .Values.s3.enabled .Values.s3.existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ .Values.s3.existingSecret }}, key: {{ .Values.s3.accessKeyKey }}}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.s3.existingSecret }}, key: {{ .Values.s3.secretKeyKey }}}}
{{- end }}
{{- end }}

{{/* The secret of Spark's RPC. This variable is read before every setting, so that it stands in no file and no command line. */}}
{{- define "spark-connect.authEnv" -}}
{{- if .Values.authentication.enabled }}
- name: _SPARK_AUTH_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ required "authentication.enabled: name a Secret in authentication.existingSecret" .Values.authentication.existingSecret }}
      key: {{ .Values.authentication.secretKey }}
{{- end }}
{{- end }}

{{/* Whoever may read ConfigMaps reads sparkConf: what is secret comes in by the environment. */}}
{{- define "spark-connect.noSecrets" -}}
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
{{- define "spark-connect.properties" -}}
{{- range $key, $value := . }}
{{ $key }}={{ ternary $value (toJson $value) (kindIs "string" $value) | replace "\\" "\\\\" | replace "\n" "\\n" }}
{{- end }}
{{- end }}

{{/* All labels of an object of a part, and of its pods: (root part labels), of which those that are said for pods count. */}}
{{- define "spark-connect.partLabels" -}}
{{- $labels := include "spark-connect.labels" (index . 0) | fromYaml }}
{{- $own := ternary (last .) dict (gt (len .) 2) }}
{{- merge (include "spark-connect.selectorLabels" . | fromYaml) (deepCopy $own) $labels | toYaml }}
{{- end }}

{{/* ---- So far both charts say the same, but for their names; from here on each says its own. ---- */}}

{{/*
Labels that select the pods of a part: connect-server, executor, history-server. Only the server has the name of the chart: sparkgate and
others know Connect servers by app.kubernetes.io/name=spark-connect.
*/}}
{{- define "spark-connect.selectorLabels" -}}
{{- $root := index . 0 }}
{{- $name := include "spark-connect.name" $root }}
app.kubernetes.io/name: {{ ternary $name (index . 1 | printf "spark-%s") (eq (index . 1) "connect-server") }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Of all objects that belong to the server. */}}
{{- define "spark-connect.ownLabels" -}}
{{- include "spark-connect.partLabels" (list . "connect-server") }}
{{- end }}

{{/* sparkgate's own label, where nameOverride takes the name away by which it knows server and settings: (root role). */}}
{{- define "spark-connect.role" -}}
{{- if ne (include "spark-connect.name" (index . 0)) "spark-connect" -}}
sparkgate.io/role: {{ index . 1 }}
{{- end }}
{{- end }}

{{- define "spark-connect.standaloneMaster" -}}
{{- if .Values.standaloneMaster -}}
{{ .Values.standaloneMaster }}
{{- else if index .Values "spark-standalone" "enabled" -}}
{{ include "spark-standalone.master" (index .Subcharts "spark-standalone") }}
{{- else -}}
spark://spark-standalone-master:7077
{{- end }}
{{- end }}

{{/* The folder of an event log in a claim. */}}
{{- define "spark-connect.eventLogPath" -}}
{{- regexReplaceAll "^file:/*" .Values.eventLog.dir "/" | clean }}
{{- end }}

{{/* Folders that the image or another volume has: the event log's would hide what is there. */}}
{{- define "spark-connect.taken" -}}
^(/|/(bin|dev|etc|home|lib|opt|proc|root|run|sbin|sys|tmp|usr|var)|/opt/spark(/work-dir)?|(/opt/spark/conf|/etc/spark-connect)(/.*)?)$
{{- end }}

{{/* Is the event log a volume of ours? */}}
{{- define "spark-connect.eventLogVolume" -}}
{{- if and (or .Values.eventLog.enabled .Values.historyServer.enabled) (hasPrefix "file:" .Values.eventLog.dir) }}true{{ end }}
{{- end }}

{{- define "spark-connect.createDir" -}}
{{- if and .Values.eventLog.createDir (or .Values.eventLog.enabled .Values.historyServer.enabled) }}true{{ end }}
{{- end }}

{{/* The init container that makes the directory of the event logs, of whoever needs it. */}}
{{- define "spark-connect.makeFolder" -}}
# Neither Spark nor its history server starts without the directory of the event logs, and neither makes it.
- name: event-log
  image: {{ include "spark-connect.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
  - /opt/spark/bin/spark-class
  - org.apache.hadoop.fs.FsShell
  - -conf
  - /etc/spark-connect/core-site.xml
  - -mkdir
  - -p
  - {{ .Values.eventLog.dir | quote }}
  env:
  - {name: SPARK_DRIVER_MEMORY, value: 256m}
  # Hadoop's shell does not start without a core-site.xml on the class path. An image's own, in HADOOP_CONF_DIR, is found before this
  # one, which -conf puts over it.
  - {name: YARN_CONF_DIR, value: /etc/spark-connect}
  {{- with include "spark-connect.s3Env" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  resources:
    requests: {cpu: 100m, memory: 640Mi}
    limits: {memory: 640Mi}
  securityContext:
    {{- include "spark-connect.containerSecurityContext" . | nindent 4 }}
  volumeMounts:
  - {name: event-log, mountPath: /etc/spark-connect, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  {{- if include "spark-connect.eventLogVolume" . }}
  - {name: events, mountPath: {{ include "spark-connect.eventLogPath" . }}}
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Hadoop's file: every setting of Spark that is one of Hadoop's. */}}
{{- define "spark-connect.coreSite" -}}
<configuration>
{{- range $key, $value := include "spark-connect.map" . | fromYaml }}
{{- if hasPrefix "spark.hadoop." $key }}
<property><name>{{ trimPrefix "spark.hadoop." $key | html }}</name><value>{{ $value | html }}</value></property>
{{- end }}
{{- end }}
</configuration>
{{- end }}

{{/* What S3A needs besides credentials. */}}
{{- define "spark-connect.s3" -}}
{{- if .Values.s3.enabled }}
{{- with .Values.s3.endpoint }}
fs.s3a.endpoint: {{ . | quote }}
{{- end }}
fs.s3a.endpoint.region: {{ .Values.s3.region | quote }}
fs.s3a.path.style.access: {{ .Values.s3.pathStyleAccess | quote }}
fs.s3a.connection.ssl.enabled: {{ .Values.s3.sslEnabled | quote }}
{{- end }}
{{- end }}

{{/*
Every setting. spark.master alone decides on the backend: the keys of both are always there, since those of the other are never read. So
whoever changes the master, a value or sparkgate, loses nothing.
*/}}
{{- define "spark-connect.settings" -}}
{{- $k8s := eq .Values.backendMode "k8s" }}
spark.master: {{ ternary "k8s://https://kubernetes.default.svc" (include "spark-connect.standaloneMaster" .) $k8s | quote }}
spark.submit.deployMode: client
spark.connect.grpc.binding.port: "15002"
# Executors dial the driver at the pod's address; a Service would only lead there once the pod is ready.
spark.driver.host: ${env:POD_IP}
spark.driver.bindAddress: 0.0.0.0
spark.driver.port: "7078"
spark.driver.blockManager.port: "7080"
spark.blockManager.port: "7079"
spark.driver.memory: {{ .Values.driver.memory | quote }}
{{- with .Values.driver.javaOptions }}
spark.driver.extraJavaOptions: {{ . | quote }}
{{- end }}
spark.executor.cores: {{ .Values.executor.cores | int64 | quote }}
spark.executor.memory: {{ .Values.executor.memory | quote }}
{{- with .Values.executor.memoryOverhead }}
spark.executor.memoryOverhead: {{ . | quote }}
{{- end }}
{{- with .Values.executor.javaOptions }}
spark.executor.extraJavaOptions: {{ . | quote }}
{{- end }}
{{- if .Values.dynamicAllocation.enabled }}
{{- with .Values.dynamicAllocation }}
spark.dynamicAllocation.enabled: "true"
spark.dynamicAllocation.shuffleTracking.enabled: "true"
spark.dynamicAllocation.minExecutors: {{ .minExecutors | int64 | quote }}
spark.dynamicAllocation.maxExecutors: {{ .maxExecutors | int64 | quote }}
{{- if ne (toString .initialExecutors) "" }}
spark.dynamicAllocation.initialExecutors: {{ .initialExecutors | int64 | quote }}
{{- end }}
{{- end }}
{{- else }}
spark.executor.instances: {{ .Values.executor.instances | int64 | quote }}
{{- end }}
spark.shuffle.service.enabled: "false"
spark.kubernetes.namespace: {{ .Release.Namespace | quote }}
spark.kubernetes.container.image: {{ include "spark-connect.image" . | quote }}
spark.kubernetes.container.image.pullPolicy: {{ .Values.image.pullPolicy | quote }}
{{- $pull := list }}
{{- range .Values.imagePullSecrets }}
{{- $pull = append $pull .name }}
{{- end }}
{{- with $pull }}
spark.kubernetes.container.image.pullSecrets: {{ join "," . | quote }}
{{- end }}
# The owner of the executors: they go when the server's pod goes, however it goes.
spark.kubernetes.driver.pod.name: ${env:POD_NAME}
spark.kubernetes.executor.podTemplateFile: /etc/spark-connect/executor-pod-template.yaml
spark.kubernetes.executor.podTemplateContainerName: executor
{{- with .Values.executor.requestCores }}
spark.kubernetes.executor.request.cores: {{ . | quote }}
{{- end }}
{{- with .Values.executor.limitCores }}
spark.kubernetes.executor.limit.cores: {{ . | quote }}
{{- end }}
spark.jars.ivy: /tmp/.ivy2
spark.sql.warehouse.dir: file:/opt/spark/work-dir/spark-warehouse
spark.ui.enabled: {{ .Values.ui.enabled | quote }}
{{- if .Values.eventLog.enabled }}
spark.eventLog.enabled: "true"
spark.eventLog.dir: {{ .Values.eventLog.dir | quote }}
# A Connect server lives long: its log must not be one file. The default since 4.0.
spark.eventLog.rolling.enabled: "true"
{{- end }}
{{- if .Values.historyServer.enabled }}
spark.history.fs.logDirectory: {{ .Values.eventLog.dir | quote }}
{{- end }}
{{- range $key, $value := include "spark-connect.s3" . | fromYaml }}
spark.hadoop.{{ $key }}: {{ $value | quote }}
{{- end }}
{{- if .Values.authentication.enabled }}
spark.authenticate: "true"
# A driver of a standalone master wants to see the key, and takes the secret out of the environment first. Never the secret itself.
spark.authenticate.secret: ${env:_SPARK_AUTH_SECRET}
{{- end }}
{{- end }}

{{/* The settings, and over them what the user says: all of them texts. */}}
{{- define "spark-connect.map" -}}
{{- $conf := include "spark-connect.settings" . | fromYaml }}
{{- range $key, $value := .Values.sparkConf }}
{{- $_ := set $conf $key (ternary $value (toJson $value) (kindIs "string" $value)) }}
{{- end }}
{{- /* A standalone master counts cores, not executors. */}}
{{- $dynamic := eq (get $conf "spark.dynamicAllocation.enabled" | toString) "true" }}
{{- $most := get $conf (ternary "spark.dynamicAllocation.maxExecutors" "spark.executor.instances" $dynamic) | toString | int64 }}
{{- if and $most (not (hasKey $conf "spark.cores.max")) }}
{{- $_ := set $conf "spark.cores.max" (mul $most (get $conf "spark.executor.cores" | toString | int64) | toString) }}
{{- end }}
{{- toYaml $conf }}
{{- end }}

{{/* spark-defaults.conf. */}}
{{- define "spark-connect.conf" -}}
{{- include "spark-connect.map" . | fromYaml | include "spark-connect.properties" | trim }}
{{- end }}

{{/* Settings that something else of the chart relies on, and what says them. */}}
{{- define "spark-connect.settled" -}}
spark.master: backendMode's (and standaloneMaster's) to say; on a cluster with sparkgate, the namespace's
spark.driver.memory: driver.memory's to say, of which the pod's memory is derived
spark.submit.deployMode: fixed, the server is the driver, in its own pod
spark.connect.grpc.binding.port: fixed, Service, probes and policies lead to 15002; service.port is what clients see
spark.ui.port: fixed, Service and policies lead to 4040
spark.driver.port: fixed, the pod and its policy say 7078
spark.driver.blockManager.port: fixed, the pod and its policy say 7080
spark.blockManager.port: fixed, the executors' policy says 7079
{{- end }}

{{/* What makes no sense together, said before anything is made. */}}
{{- define "spark-connect.validate" -}}
{{- include "spark-connect.noSecrets" . }}
{{- $settled := include "spark-connect.settled" . | fromYaml }}
{{- range $key, $value := .Values.sparkConf }}
{{- with get $settled $key }}
{{- fail (printf "sparkConf: %s is %s" $key .) }}
{{- end }}
{{- if not (hasPrefix "spark." $key) }}
{{- fail (printf "sparkConf: '%s' does not begin with 'spark.', Spark would drop it (Hadoop's settings are spark.hadoop.*)" $key) }}
{{- else if regexMatch "[\\s=:]" $key }}
{{- fail (printf "sparkConf: '%s' has a blank, '=' or ':', where the name of a setting ends in Spark's file" $key) }}
{{- end }}
{{- end }}
{{- range $who, $memory := dict "driver" .Values.driver.memory "executor" .Values.executor.memory }}
{{- if lt (include "spark-connect.mebibytes" $memory | int64) 450 }}
{{- fail (printf "%s.memory: %s is less than the 450m without which Spark does not start" $who $memory) }}
{{- end }}
{{- end }}
{{- if and .Values.rbac.create (eq (include "spark-connect.serviceAccount" .) "default") }}
{{- fail "rbac.create: `default` is the account of every other pod, too; name the server's in serviceAccount.name, or let it be created" }}
{{- end }}
{{- with .Values.dynamicAllocation }}
{{- $initial := default .minExecutors .initialExecutors | int64 }}
{{- if and .enabled (or (gt (int64 .minExecutors) $initial) (gt $initial (int64 .maxExecutors))) }}
{{- fail "dynamicAllocation: Spark does not start unless minExecutors <= initialExecutors <= maxExecutors" }}
{{- end }}
{{- end }}
{{- with .Values.eventLog }}
{{- if and (or .enabled $.Values.historyServer.enabled) (not .dir) }}
{{- fail "eventLog.dir: name the directory of the event logs, such as s3a://bucket/spark-events" }}
{{- end }}
{{- if and .existingClaim (not (hasPrefix "file:/" .dir)) }}
{{- fail "eventLog.existingClaim is mounted where eventLog.dir is: let that be file:///a-folder" }}
{{- end }}
{{- $path := include "spark-connect.eventLogPath" $ }}
{{- if and (hasPrefix "file:" .dir) (regexMatch (include "spark-connect.taken" $) $path) }}
{{- fail (printf "eventLog.dir: a volume is mounted there, and %s is taken; let it be a folder of its own, such as file:///events" $path) }}
{{- end }}
{{- if and $.Values.historyServer.enabled (hasPrefix "file:" .dir) (not .existingClaim) }}
{{- fail "historyServer: a directory of file:// is seen by the server's own pod alone; set eventLog.existingClaim, or use s3a://" }}
{{- end }}
{{- end }}
{{- if index .Values "spark-standalone" "enabled" }}
{{- $sub := index .Subcharts "spark-standalone" }}
{{- include "spark-standalone.init" $sub }}
{{- $name := include "spark-connect.fullname" . }}
{{- if eq $name (include "spark-standalone.fullname" $sub) }}
{{- fail (printf "spark-standalone would be called %s, as spark-connect is; say spark-standalone.fullnameOverride" $name) }}
{{- end }}
{{- if ne $sub.Values.sparkVersion .Values.sparkVersion }}
{{- $both := printf "sparkVersion is %s, spark-standalone.sparkVersion %s" .Values.sparkVersion $sub.Values.sparkVersion }}
{{- fail (printf "%s: they understand each other only if they are the same; global.spark.sparkVersion sets both" $both) }}
{{- end }}
{{- if ne (toString $sub.Values.authentication.enabled) (toString .Values.authentication.enabled) }}
{{- fail "authentication.enabled and spark-standalone.authentication.enabled differ; global.spark.authentication sets both" }}
{{- end }}
{{- end }}
{{- end }}

{{/* The template of executor pods. Spark adds image, arguments, resources, environment and its own labels. */}}
{{- define "spark-connect.executorPod" -}}
apiVersion: v1
kind: Pod
metadata:
  labels:
    {{- include "spark-connect.partLabels" (list . "executor" .Values.executor.podLabels) | nindent 4 }}
  {{- with .Values.executor.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  # The server's account for what a cloud gives by it; no token, since user code runs here.
  serviceAccountName: {{ include "spark-connect.serviceAccount" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- include "spark-connect.podSecurityContext" . | nindent 4 }}
  {{- with include "spark-connect.scheduling" (list dict .Values.executor) | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  containers:
  - name: executor
    securityContext:
      {{- include "spark-connect.containerSecurityContext" . | nindent 6 }}
    {{- with concat (include "spark-connect.s3Env" . | fromYamlArray) .Values.executor.env }}
    env:
    {{- toYaml . | nindent 4 }}
    {{- end }}
    volumeMounts:
    - {name: tmp, mountPath: /tmp}
    - {name: work, mountPath: /opt/spark/work-dir}
    {{- with .Values.executor.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
  - {name: tmp, emptyDir: {}}
  - {name: work, emptyDir: {}}
  {{- with .Values.executor.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
