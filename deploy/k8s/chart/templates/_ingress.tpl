{{/*
Who may come to a component: the edges' callers and, to the health port alone, monitoring.
*/}}

{{- define "bridge.ingress.rules" -}}
{{- if .values.service }}
- ports:
    - {port: {{ include "bridge.httpPort" . }}, protocol: TCP}
  {{- with .root.Values.networkPolicy.ingress.from }}
  from:
    {{- include "bridge.peers" (list $.root .) | trim | nindent 4 }}
  {{- end }}
{{- end }}
{{- with .root.Values.networkPolicy.monitoring.from }}
- ports:
    - {port: 9100, protocol: TCP}
  from:
    {{- include "bridge.peers" (list $.root .) | trim | nindent 4 }}
{{- end }}
{{- end }}

{{- define "bridge.ingress.backend" -}}
backend:
  service:
    name: {{ include "bridge.componentName" . }}
    port: {name: http}
{{- end }}
