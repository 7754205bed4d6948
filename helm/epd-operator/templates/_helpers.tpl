{{- define "epd-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Ten characters short of the limit: room for suffixes. */}}
{{- define "epd-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" }}
{{- else if contains (include "epd-operator.name" .) .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" }}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "epd-operator.name" .) | trunc 53 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Never changes within a release: a Deployment's selector is final. */}}
{{- define "epd-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "epd-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "epd-operator.releaseLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: epd
{{- end }}

{{- define "epd-operator.labels" -}}
{{ include "epd-operator.selectorLabels" . }}
{{ include "epd-operator.releaseLabels" . }}
{{- end }}

{{- define "epd-operator.testLabels" -}}
app.kubernetes.io/name: {{ include "epd-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{ include "epd-operator.releaseLabels" . }}
{{- end }}

{{- define "epd-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "epd-operator.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "epd-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end }}
{{- end }}
{{- end }}

{{/* Is a three-way switch on? Takes [switch, what Auto means here]; "true" or nothing. */}}
{{- define "epd-operator.isOn" -}}
{{- $switch := first . }}
{{- if eq (toString $switch) "Auto" -}}
{{- if last . }}true{{ end }}
{{- else if $switch -}}
true
{{- end }}
{{- end }}

{{- define "epd-operator.hasPrometheusOperator" -}}
{{- if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}true{{ end }}
{{- end }}

{{- define "epd-operator.hasPodMonitor" -}}
{{- include "epd-operator.isOn" (list .Values.metrics.podMonitor.enabled (include "epd-operator.hasPrometheusOperator" .)) }}
{{- end }}

{{/* The job of the operator's series; nothing where nobody says who scrapes them. */}}
{{- define "epd-operator.job" -}}
{{- if .Values.metrics.job -}}
{{- .Values.metrics.job }}
{{- else if include "epd-operator.hasPodMonitor" . -}}
{{- printf "%s/%s" .Release.Namespace (include "epd-operator.fullname" .) }}
{{- end }}
{{- end }}

{{/* A file with queries, bound to this release's series. Takes [context, file, how the file writes a quote]. */}}
{{- define "epd-operator.bound" -}}
{{- $root := index . 0 }}
{{- $quote := index . 2 }}
{{- $any := printf "job=~%s.*%s" $quote $quote }}
{{- $job := include "epd-operator.job" $root }}
{{- $ours := ternary (printf "job=%s%s%s" $quote $job $quote) $any (ne $job "") }}
{{- $root.Files.Get (index . 1)
  | replace (printf "job=%sOPERATOR_JOB%s" $quote $quote) $ours
  | replace "WATCHED_NAMESPACES" (join "|" $root.Values.watchNamespaces | default ".*") }}
{{- end }}

{{- define "epd-operator.testName" -}}
{{ include "epd-operator.fullname" . }}-test
{{- end }}

{{/* A name that is nobody's: a test begins by deleting what bears it. */}}
{{- define "epd-operator.testCluster" -}}
helm-test-{{ include "epd-operator.fullname" . | sha256sum | trunc 8 }}
{{- end }}

{{/* Where `helm test` writes its cluster: somewhere the operator looks. */}}
{{- define "epd-operator.testNamespace" -}}
{{- if .Values.watchNamespaces }}{{ first .Values.watchNamespaces }}{{ else }}{{ .Release.Namespace }}{{ end }}
{{- end }}
