{{/*
Names, labels, images. A component's context is
  dict "root" $ "name" "jira-actor" "values" $.Values.jiraActor
and "image" "cli" where the image is not called as the component.
*/}}

{{- define "bridge.components" -}}
botGateway: bot-gateway
jiraActor: jira-actor
keyVault: key-vault
tenantRegistry: tenant-registry
{{- end }}

{{- define "bridge.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Room is left for the longest suffix, -tenant-registry. */}}
{{- define "bridge.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" }}
{{- else if contains (include "bridge.name" .) .Release.Name }}
{{- .Release.Name | trunc 45 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "bridge.name" .) | trunc 45 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* The name of a component's objects. */}}
{{- define "bridge.componentName" -}}
{{ include "bridge.fullname" .root }}-{{ .name }}
{{- end }}

{{/* What the pods of a release, and of nothing else, have in common. */}}
{{- define "bridge.releaseLabels" -}}
app.kubernetes.io/name: {{ include "bridge.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* By these a Deployment, a Service or a policy finds a component's pods; they never change. */}}
{{- define "bridge.selectorLabels" -}}
{{ include "bridge.releaseLabels" . }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{/* The labels of every object; of a component's with its name. */}}
{{- define "bridge.labels" -}}
{{- if .name }}
{{- include "bridge.selectorLabels" . }}
{{- else }}
{{- include "bridge.releaseLabels" . }}
{{- end }}
app.kubernetes.io/part-of: bridge
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* An object's metadata, from a component's context or (dict "root" $), with "object" (name), "labels", "annotations". */}}
{{- define "bridge.metadata" -}}
name: {{ .object | default (include "bridge.componentName" .) }}
namespace: {{ .namespace | default .root.Release.Namespace }}
labels:
  {{- mergeOverwrite (include "bridge.labels" . | fromYaml) (.labels | default dict) | toYaml | nindent 2 }}
{{- with mergeOverwrite (deepCopy .root.Values.commonAnnotations) (.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "bridge.image" -}}
{{- $image := .root.Values.image }}
{{- $path := printf "%s/%s" $image.repository (.image | default .name) }}
{{- with $image.registry }}
{{- $path = printf "%s/%s" . $path }}
{{- end }}
{{- with .values.image.digest }}
{{- printf "%s@%s" $path . }}
{{- else }}
{{- printf "%s:%s" $path ($image.tag | default .root.Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- define "bridge.serviceAccountName" -}}
{{- $made := ternary (include "bridge.componentName" .) "default" .root.Values.serviceAccount.create }}
{{- dig "serviceAccount" "name" "" .values | default $made }}
{{- end }}

{{/* The user that Strimzi makes for a component, and the Secret that it puts there. */}}
{{- define "bridge.kafkaUser" -}}
{{ include "bridge.fullname" .root }}-{{ .image | default .name }}
{{- end }}

{{- define "bridge.publicHost" -}}
{{- regexReplaceAll ":[0-9]+$" (get (urlParse .Values.publicUrl) "host") "" }}
{{- end }}

{{- define "bridge.botHost" -}}
{{- .Values.botGateway.host | default (include "bridge.publicHost" .) }}
{{- end }}

{{/* The port of a URL, as a number. */}}
{{- define "bridge.portOf" -}}
{{- $url := urlParse . }}
{{- if regexMatch ":[0-9]+$" $url.host }}
{{- regexFind "[0-9]+$" $url.host }}
{{- else }}
{{- ternary "443" "80" (eq $url.scheme "https") }}
{{- end }}
{{- end }}

{{/* What the generated files/components.yaml says of a component: partitions, topics, settings. */}}
{{- define "bridge.facts" -}}
{{- index (.root.Files.Get "files/components.yaml" | fromYaml) .name | toYaml }}
{{- end }}

{{/* The edges, and where each listens. */}}
{{- define "bridge.httpPort" -}}
{{- get (dict "bot-gateway" 3978 "tenant-registry" 8080) .name }}
{{- end }}
