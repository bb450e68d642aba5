{{/* Names and labels as Helm's own starter chart makes them. */}}
{{- define "sparkgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "sparkgate.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "sparkgate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sparkgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sparkgate.labels" -}}
{{ include "sparkgate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sparkgate.serviceAccount" -}}
{{- default (include "sparkgate.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{/* The audit's objects; a CronJob's name has 52 characters at most. */}}
{{- define "sparkgate.audit" -}}
{{ include "sparkgate.fullname" . | trunc 46 | trimSuffix "-" }}-audit
{{- end }}

{{/* Of its pods: no selector of the replicas may find them. */}}
{{- define "sparkgate.auditLabels" -}}
app.kubernetes.io/name: {{ include "sparkgate.name" . | trunc 57 | trimSuffix "-" }}-audit
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: audit
{{- end }}

{{- define "sparkgate.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- define "sparkgate.policies" -}}
{{ include "sparkgate.fullname" . }}-policies
{{- end }}

{{/* The Secret with the certificate. */}}
{{- define "sparkgate.certificateSecret" -}}
{{- if eq .Values.certificates.source "self-managed" }}{{ .Values.certificates.selfManaged.secretName }}
{{- else if eq .Values.certificates.source "given" }}{{ .Values.certificates.given.secretName }}
{{- else }}{{ include "sparkgate.fullname" . }}-tls
{{- end }}
{{- end }}

{{/* Bytes of a quantity in Ki, Mi or Gi. */}}
{{- define "sparkgate.mebibytes" -}}
{{- $n := regexFind "^[0-9]+" . | int64 }}
{{- if hasSuffix "Gi" . }}{{ mul $n 1024 }}{{ else if hasSuffix "Mi" . }}{{ $n }}{{ else }}{{ div (add $n 1023) 1024 }}{{ end }}
{{- end }}

{{/* What an attack can cost (docs/threat-model.md, Memory). */}}
{{- define "sparkgate.memoryLimit" -}}
{{ add 96 (include "sparkgate.mebibytes" .Values.maxInflightBytes | int64) (mul 256 .Values.threads) }}Mi
{{- end }}

{{/* "true" on OpenShift, where users and groups are the platform's to choose. */}}
{{- define "sparkgate.openshift" -}}
{{- if eq (toString .Values.openshift) "" }}{{ .Capabilities.APIVersions.Has "security.openshift.io/v1" }}{{ else }}{{ .Values.openshift }}{{ end }}
{{- end }}

{{/* Seconds of a Go duration made of s, m and h; a fraction counts as one more. */}}
{{- define "sparkgate.seconds" -}}
{{- $total := 0 }}
{{- range regexFindAll "[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)" . -1 }}
{{- $n := regexFind "^[0-9]+" . | int64 }}
{{- if hasSuffix "h" . }}{{ $total = add $total (mul $n 3600) }}
{{- else if hasSuffix "ms" . }}{{ $total = add $total 1 }}
{{- else if hasSuffix "us" . }}{{ $total = add $total 1 }}
{{- else if hasSuffix "ns" . }}{{ $total = add $total 1 }}
{{- else if hasSuffix "m" . }}{{ $total = add $total (mul $n 60) }}
{{- else }}{{ $total = add $total $n (ternary 1 0 (contains "." .)) }}
{{- end }}
{{- end }}
{{- $total }}
{{- end }}

{{/* Ours, and what podSecurityContext says otherwise: each key once. */}}
{{- define "sparkgate.podSecurityContext" -}}
{{- $context := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") }}
{{- if ne (include "sparkgate.openshift" .) "true" }}
{{- $context = merge $context (dict "runAsUser" 65532 "runAsGroup" 65532 "fsGroup" 65532) }}
{{- end }}
{{- range $key, $value := .Values.podSecurityContext }}
{{- $_ := set $context $key $value }}
{{- end }}
{{- toYaml $context }}
{{- end }}
