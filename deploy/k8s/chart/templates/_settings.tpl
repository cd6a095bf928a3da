{{/*
The BRIDGE_… settings of a component as a map; what they mean stands in docs/settings.md.
*/}}

{{- define "bridge.settings" -}}
{{- $data := dict }}
{{- range list "bridge.settings.kafka" "bridge.settings.process" (printf "bridge.settings.%s" .name) }}
{{- $data = mergeOverwrite $data (include . $ | fromYaml) }}
{{- end }}
{{- $free := mergeOverwrite (deepCopy .root.Values.settings) .values.settings }}
{{- range $name, $value := mergeOverwrite $data $free }}
{{- /* toJson, because Helm reads numbers as floats: 1048576 would become 1.048576e+06. */}}
{{ $name }}: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}
{{- end }}
{{- end }}

{{- define "bridge.settings.kafka" -}}
{{- $kafka := .root.Values.kafka }}
BRIDGE_KAFKA_BOOTSTRAP: {{ $kafka.bootstrap | quote }}
BRIDGE_KAFKA_SECURITY: {{ $kafka.security | quote }}
{{- if hasPrefix "sasl" $kafka.security }}
BRIDGE_KAFKA_SASL_MECHANISM: {{ $kafka.saslMechanism | quote }}
{{- if eq $kafka.saslMechanism "OAUTHBEARER" }}
BRIDGE_KAFKA_OAUTH_TOKEN_URL: {{ $kafka.oauth.tokenUrl | quote }}
BRIDGE_KAFKA_OAUTH_CLIENT_ID: {{ include "bridge.kafka.clientId" . | quote }}
{{- with $kafka.oauth.scope }}
BRIDGE_KAFKA_OAUTH_SCOPE: {{ . | quote }}
{{- end }}
{{- if include "bridge.hasCa" $kafka.oauth.ca }}
BRIDGE_KAFKA_OAUTH_CA_FILE: /etc/bridge/tls/kafka-oauth-ca.crt
{{- end }}
{{- else }}
BRIDGE_KAFKA_USERNAME: {{ include "bridge.kafka.username" . | quote }}
{{- end }}
{{- end }}
{{- if include "bridge.hasCa" $kafka.ca }}
BRIDGE_KAFKA_CA_FILE: /etc/bridge/tls/kafka-ca.crt
{{- end }}
{{- if $kafka.clientCertificate }}
BRIDGE_KAFKA_CERT_FILE: /etc/bridge/tls/kafka.crt
BRIDGE_KAFKA_KEY_FILE: /etc/bridge/tls/kafka.key
{{- end }}
{{- end }}

{{/* The command, whose image is not its name, is no service: it has no port and nothing to drain. */}}
{{- define "bridge.settings.process" -}}
{{- if not .image }}
BRIDGE_DATA_DIR: /var/lib/bridge
BRIDGE_DRAIN: PT{{ int .root.Values.drainSeconds }}S
BRIDGE_HEALTH_PORT: "9100"
{{- end }}
{{- if include "bridge.secretFiles" . | trim }}
BRIDGE_SECRETS_DIR: /etc/bridge/secrets
{{- end }}
{{- end }}

{{- define "bridge.settings.bot-gateway" -}}
BRIDGE_GATEWAY_PORT: "3978"
BRIDGE_BOT_APP_ID: {{ .values.bot.appId | quote }}
BRIDGE_BOT_APP_TENANT: {{ .values.bot.appTenant | quote }}
{{- with .values.teamsTenants }}
BRIDGE_TEAMS_TENANTS: {{ join "," . | quote }}
{{- end }}
{{- with .root.Values.singleTenant }}
BRIDGE_SINGLE_TENANT: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "bridge.settings.tenant-registry" -}}
BRIDGE_REGISTRY_PORT: "8080"
BRIDGE_REGISTRY_PUBLIC_URL: {{ .root.Values.publicUrl | quote }}
BRIDGE_MONGO_DATABASE: {{ .root.Values.mongodb.database | quote }}
{{- with .values.registrars }}
BRIDGE_REGISTRARS: {{ join "," . | quote }}
{{- end }}
{{- with .values.operatorTokenHash }}
BRIDGE_OPERATOR_TOKEN_HASH: {{ . | quote }}
{{- end }}
{{- with .values.trustedProxies }}
BRIDGE_TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
{{- with .root.Values.singleTenant }}
BRIDGE_SINGLE_TENANT: {{ . | quote }}
{{- end }}
{{- if .root.Values.jiraActor.allowHttp }}
BRIDGE_ALLOW_HTTP: "true"
{{- end }}
{{- end }}

{{- define "bridge.settings.jira-actor" -}}
BRIDGE_REGISTRY_PUBLIC_URL: {{ .root.Values.publicUrl | quote }}
{{- with .values.allowedNetworks }}
BRIDGE_ALLOWED_NETWORKS: {{ join "," . | quote }}
{{- end }}
{{- if .values.allowHttp }}
BRIDGE_ALLOW_HTTP: "true"
{{- end }}
{{- if include "bridge.hasCa" .values.ca }}
BRIDGE_JIRA_CA_FILE: /etc/bridge/tls/jira-ca.crt
{{- end }}
{{- end }}

{{- define "bridge.settings.key-vault" -}}
{{- $vault := .root.Values.vault }}
BRIDGE_VAULT_URL: {{ $vault.url | quote }}
BRIDGE_VAULT_MOUNT: {{ $vault.mount | quote }}
BRIDGE_VAULT_AUTH: {{ $vault.auth.method | quote }}
{{- with $vault.namespace }}
BRIDGE_VAULT_NAMESPACE: {{ . | quote }}
{{- end }}
{{- if include "bridge.hasCa" $vault.ca }}
BRIDGE_VAULT_CA_FILE: /etc/bridge/tls/vault-ca.crt
{{- end }}
{{- with $vault.auth.mount }}
BRIDGE_VAULT_AUTH_MOUNT: {{ . | quote }}
{{- end }}
{{- if eq $vault.auth.method "kubernetes" }}
BRIDGE_VAULT_ROLE: {{ $vault.auth.role | quote }}
BRIDGE_VAULT_JWT_FILE: /var/run/secrets/bridge/vault/token
{{- else if eq $vault.auth.method "approle" }}
BRIDGE_VAULT_ROLE_ID: {{ $vault.auth.roleId | quote }}
{{- end }}
{{- end }}

{{- define "bridge.settings.topics" -}}
{{- end }}

{{/* The command looks at Vault as key-vault does, but logs in only with a token. */}}
{{- define "bridge.settings.doctor" -}}
{{- $vault := include "bridge.settings.key-vault" . | fromYaml }}
{{- omit $vault "BRIDGE_VAULT_ROLE" "BRIDGE_VAULT_JWT_FILE" "BRIDGE_VAULT_ROLE_ID" "BRIDGE_VAULT_AUTH_MOUNT" | toYaml }}
{{- with .root.Values.botGateway.settings.BRIDGE_OPENID_METADATA_URL }}
BRIDGE_OPENID_METADATA_URL: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Whose user, client and Secret: the component's own, that of all, or the one that Strimzi makes. */}}
{{- define "bridge.kafka.username" -}}
{{- $strimzi := .root.Values.strimzi.users.create | ternary (include "bridge.kafkaUser" .) "" }}
{{- coalesce .values.kafka.username .root.Values.kafka.username $strimzi | default "" }}
{{- end }}

{{- define "bridge.kafka.clientId" -}}
{{- .values.kafka.clientId | default .root.Values.kafka.oauth.clientId }}
{{- end }}

{{- define "bridge.kafka.secret" -}}
{{- $strimzi := .root.Values.strimzi.users.create | ternary (include "bridge.kafkaUser" .) "" }}
{{- coalesce .values.kafka.existingSecret .root.Values.kafka.existingSecret $strimzi | default "" }}
{{- end }}

{{/* Truthy where an authority is named. */}}
{{- define "bridge.hasCa" -}}
{{- .existingSecret | default .existingConfigMap }}
{{- end }}
