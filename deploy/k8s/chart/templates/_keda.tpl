{{/*
How KEDA reaches Kafka: as the component itself, with its Secret and its ConfigMap.
*/}}

{{- define "bridge.keda.security" -}}
{{- $kafka := .root.Values.kafka -}}
tls: {{ ternary "enable" "disable" (hasSuffix "ssl" $kafka.security) }}
{{- $names := dict "PLAIN" "plaintext" "SCRAM-SHA-256" "scram_sha256" "SCRAM-SHA-512" "scram_sha512" "OAUTHBEARER" "oauthbearer" }}
sasl: {{ ternary (get $names $kafka.saslMechanism) "none" (hasPrefix "sasl" $kafka.security) }}
{{- end }}

{{/* The spec of the TriggerAuthentication; empty where Kafka wants neither login nor a private authority. */}}
{{- define "bridge.keda.login" -}}
{{- $secrets := include "bridge.keda.secrets" . | trim }}
{{- $plain := include "bridge.keda.plain" . | trim }}
{{- with $secrets }}
secretTargetRef:
  {{- . | nindent 2 }}
{{- end }}
{{- with $plain }}
configMapTargetRef:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "bridge.keda.secrets" -}}
{{- $kafka := .root.Values.kafka }}
{{- $secret := include "bridge.kafka.secret" . }}
{{- if hasPrefix "sasl" $kafka.security }}
{{- $key := ternary $kafka.secretKeys.clientSecret $kafka.secretKeys.password (eq $kafka.saslMechanism "OAUTHBEARER") }}
- {parameter: password, name: {{ $secret }}, key: {{ $key | quote }}}
{{- end }}
{{- if $kafka.clientCertificate }}
- {parameter: cert, name: {{ $secret }}, key: {{ $kafka.secretKeys.certificate | quote }}}
- {parameter: key, name: {{ $secret }}, key: {{ $kafka.secretKeys.key | quote }}}
{{- end }}
{{- with $kafka.ca.existingSecret }}
- {parameter: ca, name: {{ . }}, key: {{ $kafka.ca.key | quote }}}
{{- end }}
{{- end }}

{{- define "bridge.keda.plain" -}}
{{- $kafka := .root.Values.kafka }}
{{- $own := include "bridge.componentName" . }}
{{- if hasPrefix "sasl" $kafka.security }}
{{- if eq $kafka.saslMechanism "OAUTHBEARER" }}
- {parameter: username, name: {{ $own }}, key: BRIDGE_KAFKA_OAUTH_CLIENT_ID}
- {parameter: oauthTokenEndpointUri, name: {{ $own }}, key: BRIDGE_KAFKA_OAUTH_TOKEN_URL}
{{- with $kafka.oauth.scope }}
- {parameter: scopes, name: {{ $own }}, key: BRIDGE_KAFKA_OAUTH_SCOPE}
{{- end }}
{{- else }}
- {parameter: username, name: {{ $own }}, key: BRIDGE_KAFKA_USERNAME}
{{- end }}
{{- end }}
{{- if and $kafka.ca.existingConfigMap (not $kafka.ca.existingSecret) }}
- {parameter: ca, name: {{ $kafka.ca.existingConfigMap }}, key: {{ $kafka.ca.key | quote }}}
{{- end }}
{{- end }}
