{{/*
What every pod has. The same key stands at the top of the values, for all pods, and in a component's part:
maps are merged, lists joined, and of affinity, priority class and spread the component's own is taken.
*/}}

{{/* list context key: a joined list */}}
{{- define "bridge.both" -}}
{{- $c := index . 0 }}
{{- concat (index $c.root.Values (index . 1)) (get $c.values (index . 1) | default list) | toYaml }}
{{- end }}

{{/* list context key: a merged map */}}
{{- define "bridge.merged" -}}
{{- $c := index . 0 }}
{{- mergeOverwrite (deepCopy (index $c.root.Values (index . 1))) (get $c.values (index . 1) | default dict) | toYaml }}
{{- end }}

{{/* Without the chart's version, so that a chart that changes nothing else restarts nothing. */}}
{{- define "bridge.podMetadata" -}}
{{- $given := mergeOverwrite (deepCopy .root.Values.commonLabels) (include "bridge.merged" (list . "podLabels") | fromYaml) }}
{{- $version := dict "app.kubernetes.io/version" (.root.Values.image.tag | default .root.Chart.AppVersion) -}}
labels:
  {{- mergeOverwrite $given $version (include "bridge.selectorLabels" . | fromYaml) | toYaml | nindent 2 }}
{{- with mergeOverwrite (deepCopy .root.Values.commonAnnotations) (include "bridge.merged" (list . "podAnnotations") | fromYaml) (.podAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The pod's part of its spec; the containers follow. */}}
{{- define "bridge.podSpec" -}}
serviceAccountName: {{ include "bridge.serviceAccountName" . }}
automountServiceAccountToken: false
# Kubernetes would write variables such as BRIDGE_GATEWAY_PORT=tcp://… for Services, which are settings here.
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with coalesce .values.priorityClassName .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with include "bridge.merged" (list . "nodeSelector") | fromYaml }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity | default .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "bridge.both" (list . "tolerations") | fromYamlArray }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  {{- include "bridge.volumes" . | nindent 2 }}
{{- end }}

{{/* The container's part: image, security, resources, mounts. */}}
{{- define "bridge.container" -}}
name: {{ .name }}
image: {{ include "bridge.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  {{- toYaml .root.Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
volumeMounts:
  {{- include "bridge.volumeMounts" . | nindent 2 }}
{{- end }}

{{/* For pods that run before a ConfigMap is there: the settings as a list. */}}
{{- define "bridge.env" -}}
{{- range $name, $value := include "bridge.settings" . | fromYaml }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- with include "bridge.both" (list . "extraEnv") | fromYamlArray }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A component's pods are spread among themselves, and those of a new version among themselves. */}}
{{- define "bridge.spread" -}}
labelSelector:
  matchLabels:
    {{- include "bridge.selectorLabels" . | nindent 4 }}
matchLabelKeys: [pod-template-hash]
{{- end }}
