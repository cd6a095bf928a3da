{{/*
Where each component may go: the arrows of the architecture, one rule each.
*/}}

{{- define "bridge.egress.bot-gateway" -}}
{{- include "bridge.egress.kafka" . | trim | nindent 0 }}
{{- include "bridge.egress.public" (list 443) | trim | nindent 0 }}
{{- end }}

{{- define "bridge.egress.tenant-registry" -}}
{{- include "bridge.egress.kafka" . | trim | nindent 0 }}
{{- include "bridge.egress.mongodb" . | trim | nindent 0 }}
{{- end }}

{{- define "bridge.egress.jira-actor" -}}
{{- include "bridge.egress.kafka" . | trim | nindent 0 }}
{{- if .values.networkPolicy.public }}
{{- include "bridge.egress.public" .values.networkPolicy.ports | trim | nindent 0 }}
{{- end }}
{{- with .values.allowedNetworks }}
# The tenants' own networks, which the service itself is told, too.
- to:
    {{- range . }}
    {{- include "bridge.ipBlock" (dict "cidr" .) | nindent 4 }}
    {{- end }}
  {{- include "bridge.ports" $.values.networkPolicy.ports | nindent 2 }}
{{- end }}
{{- end }}

{{- define "bridge.egress.key-vault" -}}
{{- include "bridge.egress.kafka" . | trim | nindent 0 }}
{{- include "bridge.egress.vault" . | trim | nindent 0 }}
{{- end }}

{{- define "bridge.egress.topics" -}}
{{- include "bridge.egress.kafka" . | trim | nindent 0 }}
{{- end }}

{{- define "bridge.egress.doctor" -}}
{{- include "bridge.egress.kafka" . | trim | nindent 0 }}
{{- include "bridge.egress.mongodb" . | trim | nindent 0 }}
{{- include "bridge.egress.vault" . | trim | nindent 0 }}
{{- include "bridge.egress.public" (list 443) | trim | nindent 0 }}
{{- end }}

{{- define "bridge.egress.kafka" -}}
{{- $kafka := .root.Values.kafka }}
{{- $ports := list }}
{{- range splitList "," $kafka.bootstrap }}
{{- $ports = append $ports (splitList ":" . | last | trim | int) }}
{{- end }}
# Kafka
- to:
    {{- include "bridge.peers" (list .root $kafka.networkPolicy.to) | trim | nindent 4 }}
  {{- include "bridge.ports" ($kafka.networkPolicy.ports | default $ports) | nindent 2 }}
{{- if and (hasPrefix "sasl" $kafka.security) (eq $kafka.saslMechanism "OAUTHBEARER") }}
# Where Kafka's tokens are fetched
- to:
    {{- include "bridge.peers" (list .root $kafka.oauth.networkPolicy.to) | trim | nindent 4 }}
  {{- include "bridge.ports" (list (include "bridge.portOf" $kafka.oauth.tokenUrl)) | nindent 2 }}
{{- end }}
{{- end }}

{{- define "bridge.egress.mongodb" -}}
{{- $mongodb := .root.Values.mongodb.networkPolicy }}
# MongoDB
- to:
    {{- include "bridge.peers" (list .root $mongodb.to) | trim | nindent 4 }}
  {{- include "bridge.ports" $mongodb.ports | nindent 2 }}
{{- end }}

{{- define "bridge.egress.vault" -}}
{{- $vault := .root.Values.vault }}
# Vault
- to:
    {{- include "bridge.peers" (list .root $vault.networkPolicy.to) | trim | nindent 4 }}
  {{- include "bridge.ports" ($vault.networkPolicy.ports | default (list (include "bridge.portOf" $vault.url))) | nindent 2 }}
{{- end }}

{{/* list of ports */}}
{{- define "bridge.egress.public" -}}
# The internet
- to:
    {{- include "bridge.networks.public" . | nindent 4 }}
  {{- include "bridge.ports" . | nindent 2 }}
{{- end }}

{{- define "bridge.ports" -}}
ports:
  {{- range . | uniq }}
  - {port: {{ int . }}, protocol: TCP}
  {{- end }}
{{- end }}

{{- define "bridge.egress.dns" -}}
- to:
    {{- include "bridge.peers" (list .root .root.Values.networkPolicy.dns.to) | trim | nindent 4 }}
  ports:
    {{- range .root.Values.networkPolicy.dns.ports }}
    - {port: {{ int . }}, protocol: UDP}
    - {port: {{ int . }}, protocol: TCP}
    {{- end }}
{{- end }}
