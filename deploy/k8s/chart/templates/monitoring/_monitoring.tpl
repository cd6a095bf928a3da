{{/* The services' pods; those of Jobs and tests tell no metrics. */}}
{{- define "bridge.monitoring.pods" -}}
matchLabels:
  {{- include "bridge.releaseLabels" (dict "root" .) | nindent 2 }}
matchExpressions:
  - {key: app.kubernetes.io/component, operator: In, values: [{{ include "bridge.components" . | fromYaml | values | sortAlpha | join ", " }}]}
{{- end }}

{{/* Alerts and dashboards know a service by its `component`. */}}
{{- define "bridge.monitoring.relabelings" -}}
- sourceLabels: [__meta_kubernetes_pod_label_app_kubernetes_io_component]
  targetLabel: component
{{- end }}
