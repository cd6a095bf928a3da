{{/*
Secrets and certificates as files: lists of projected sources, empty where a component needs none.
*/}}

{{/* /etc/bridge/secrets: one file per setting, named as the variable in lower case (BRIDGE_SECRETS_DIR). */}}
{{- define "bridge.secretFiles" -}}
{{- $kafka := .root.Values.kafka }}
{{- $kafkaSecret := include "bridge.kafka.secret" . }}
{{- $vault := .root.Values.vault.auth }}
{{- if hasPrefix "sasl" $kafka.security }}
{{- if eq $kafka.saslMechanism "OAUTHBEARER" }}
{{ include "bridge.secretFile" (list $kafkaSecret $kafka.secretKeys.clientSecret "bridge_kafka_oauth_client_secret") }}
{{- else }}
{{ include "bridge.secretFile" (list $kafkaSecret $kafka.secretKeys.password "bridge_kafka_password") }}
{{- end }}
{{- end }}
{{- if eq .name "bot-gateway" }}
{{ include "bridge.secretFile" (list .values.bot.existingSecret .values.bot.secretKey "bridge_bot_app_secret") }}
{{- end }}
{{- if has .name (list "tenant-registry" "doctor") }}
{{ include "bridge.secretFile" (list .root.Values.mongodb.existingSecret .root.Values.mongodb.secretKey "bridge_mongo_url") }}
{{- end }}
{{- if and (eq .name "key-vault") (eq $vault.method "approle") }}
{{ include "bridge.secretFile" (list $vault.existingSecret ($vault.secretKey | default "secret-id") "bridge_vault_secret_id") }}
{{- end }}
{{- if and (has .name (list "key-vault" "doctor")) (eq $vault.method "token") }}
{{ include "bridge.secretFile" (list $vault.existingSecret ($vault.secretKey | default "token") "bridge_vault_token") }}
{{- end }}
{{- end }}

{{/* /etc/bridge/tls: authorities, and our own certificate for Kafka. */}}
{{- define "bridge.tlsFiles" -}}
{{- $kafka := .root.Values.kafka }}
{{- include "bridge.caFile" (list $kafka.ca "kafka-ca.crt") }}
{{- if $kafka.clientCertificate }}
{{ include "bridge.secretFile" (list (include "bridge.kafka.secret" .) $kafka.secretKeys.certificate "kafka.crt") }}
{{ include "bridge.secretFile" (list (include "bridge.kafka.secret" .) $kafka.secretKeys.key "kafka.key") }}
{{- end }}
{{- if and (hasPrefix "sasl" $kafka.security) (eq $kafka.saslMechanism "OAUTHBEARER") }}
{{- include "bridge.caFile" (list $kafka.oauth.ca "kafka-oauth-ca.crt") }}
{{- end }}
{{- if has .name (list "tenant-registry" "doctor") }}
{{- include "bridge.caFile" (list .root.Values.mongodb.ca "mongodb-ca.crt") }}
{{- end }}
{{- if has .name (list "key-vault" "doctor") }}
{{- include "bridge.caFile" (list .root.Values.vault.ca "vault-ca.crt") }}
{{- end }}
{{- if eq .name "jira-actor" }}
{{- include "bridge.caFile" (list .values.ca "jira-ca.crt") }}
{{- end }}
{{- end }}

{{/* list secret key file */}}
{{- define "bridge.secretFile" -}}
- secret:
    name: {{ index . 0 }}
    items:
      - {key: {{ index . 1 | quote }}, path: {{ index . 2 }}}
{{- end }}

{{/* list ca file */}}
{{- define "bridge.caFile" -}}
{{- $ca := index . 0 }}
{{- if include "bridge.hasCa" $ca }}
- {{ ternary "secret" "configMap" (not (empty $ca.existingSecret)) }}:
    name: {{ $ca.existingSecret | default $ca.existingConfigMap }}
    items:
      - {key: {{ $ca.key | quote }}, path: {{ index . 1 }}}
{{- end }}
{{- end }}

{{/* The token that Kubernetes makes for key-vault alone, and that only Vault takes. */}}
{{- define "bridge.usesVaultToken" -}}
{{- if and (eq .name "key-vault") (eq .root.Values.vault.auth.method "kubernetes") }}yes{{ end }}
{{- end }}

{{- define "bridge.volumes" -}}
- name: data
  emptyDir: {sizeLimit: {{ .root.Values.volumes.dataSize }}}
- name: tmp
  emptyDir: {sizeLimit: {{ .root.Values.volumes.tmpSize }}}
{{- with include "bridge.secretFiles" . | trim }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- with include "bridge.tlsFiles" . | trim }}
- name: tls
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- if include "bridge.usesVaultToken" . }}
- name: vault-token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          audience: {{ .root.Values.vault.auth.audience | quote }}
          expirationSeconds: {{ .root.Values.vault.auth.tokenSeconds }}
          path: token
{{- end }}
{{- with include "bridge.both" (list . "extraVolumes") | fromYamlArray }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "bridge.volumeMounts" -}}
- {name: data, mountPath: /var/lib/bridge}
- {name: tmp, mountPath: /tmp}
{{- if include "bridge.secretFiles" . | trim }}
- {name: secrets, mountPath: /etc/bridge/secrets, readOnly: true}
{{- end }}
{{- if include "bridge.tlsFiles" . | trim }}
- {name: tls, mountPath: /etc/bridge/tls, readOnly: true}
{{- end }}
{{- if include "bridge.usesVaultToken" . }}
- {name: vault-token, mountPath: /var/run/secrets/bridge/vault, readOnly: true}
{{- end }}
{{- with include "bridge.both" (list . "extraVolumeMounts") | fromYamlArray }}
{{ toYaml . }}
{{- end }}
{{- end }}
