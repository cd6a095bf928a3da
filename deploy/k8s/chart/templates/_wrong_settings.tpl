{{/* The keys of these values stand for settings; only here are they set. */}}
{{- define "bridge.ownedSettings" -}}
BRIDGE_KAFKA_BOOTSTRAP: kafka.bootstrap
BRIDGE_KAFKA_SECURITY: kafka.security
BRIDGE_KAFKA_SASL_MECHANISM: kafka.saslMechanism
BRIDGE_KAFKA_USERNAME: kafka.username
BRIDGE_KAFKA_PASSWORD: kafka.existingSecret
BRIDGE_KAFKA_OAUTH_TOKEN_URL: kafka.oauth.tokenUrl
BRIDGE_KAFKA_OAUTH_CLIENT_ID: kafka.oauth.clientId
BRIDGE_KAFKA_OAUTH_CLIENT_SECRET: kafka.existingSecret
BRIDGE_KAFKA_OAUTH_SCOPE: kafka.oauth.scope
BRIDGE_KAFKA_OAUTH_CA_FILE: kafka.oauth.ca
BRIDGE_KAFKA_CA_FILE: kafka.ca
BRIDGE_KAFKA_CERT_FILE: kafka.clientCertificate
BRIDGE_KAFKA_KEY_FILE: kafka.clientCertificate
BRIDGE_DRAIN: drainSeconds
BRIDGE_DATA_DIR: volumes.dataSize
BRIDGE_HEALTH_HOST: ""
BRIDGE_HEALTH_PORT: ""
BRIDGE_SECRETS_DIR: ""
BRIDGE_GATEWAY_HOST: ""
BRIDGE_GATEWAY_PORT: ""
BRIDGE_BOT_APP_ID: botGateway.bot.appId
BRIDGE_BOT_APP_SECRET: botGateway.bot.existingSecret
BRIDGE_BOT_APP_TENANT: botGateway.bot.appTenant
BRIDGE_TEAMS_TENANTS: botGateway.teamsTenants
BRIDGE_SINGLE_TENANT: singleTenant
BRIDGE_REGISTRY_HOST: ""
BRIDGE_REGISTRY_PORT: ""
BRIDGE_REGISTRY_PUBLIC_URL: publicUrl
BRIDGE_MONGO_URL: mongodb.existingSecret
BRIDGE_MONGO_DATABASE: mongodb.database
BRIDGE_REGISTRARS: tenantRegistry.registrars
BRIDGE_OPERATOR_TOKEN_HASH: tenantRegistry.operatorTokenHash
BRIDGE_TRUSTED_PROXIES: tenantRegistry.trustedProxies
BRIDGE_ALLOW_HTTP: jiraActor.allowHttp
BRIDGE_ALLOWED_NETWORKS: jiraActor.allowedNetworks
BRIDGE_JIRA_CA_FILE: jiraActor.ca
BRIDGE_VAULT_URL: vault.url
BRIDGE_VAULT_NAMESPACE: vault.namespace
BRIDGE_VAULT_MOUNT: vault.mount
BRIDGE_VAULT_CA_FILE: vault.ca
BRIDGE_VAULT_AUTH: vault.auth.method
BRIDGE_VAULT_AUTH_MOUNT: vault.auth.mount
BRIDGE_VAULT_ROLE: vault.auth.role
BRIDGE_VAULT_ROLE_ID: vault.auth.roleId
BRIDGE_VAULT_JWT_FILE: vault.auth.method
BRIDGE_VAULT_SECRET_ID: vault.auth.existingSecret
BRIDGE_VAULT_TOKEN: vault.auth.existingSecret
{{- end }}

{{- define "bridge.unsafeSetting" -}}BRIDGE_UNSAFE_ALLOW_LOOPBACK{{- end }}

{{/* where it stands */}}
{{- define "bridge.wrong.unsafe" -}}
{{ printf "%s%s is for development on one machine: with it every tenant's URL reaches what listens in the pod. Remove it; jiraActor.allowedNetworks opens the network of a Jira." . (include "bridge.unsafeSetting" .) }}
{{- end }}

{{- define "bridge.wrong.settings" -}}
{{- $facts := .Files.Get "files/components.yaml" | fromYaml }}
{{- $owned := include "bridge.ownedSettings" . | fromYaml }}
{{- $duration := "^P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+([.][0-9]+)?S)?)?$" }}
{{- $parts := dict "settings" (dict "known" $facts.all.settings "given" .Values.settings) }}
{{- range $key, $name := merge (dict "cli" "cli") (include "bridge.components" . | fromYaml) }}
{{- $known := concat $facts.all.settings (index $facts $name).settings }}
{{- $_ := set $parts (printf "%s.settings" $key) (dict "known" $known "given" (index $.Values $key).settings) }}
{{- end }}
{{- range $where, $part := $parts }}
{{- range $name, $value := $part.given }}
{{- if hasKey $owned $name }}
{{- with get $owned $name }}
{{ printf "%s.%s has a key of its own: set %s instead." $where $name . }}
{{- else }}
{{ printf "%s.%s is fixed by the chart, which relies on it: remove it." $where $name }}
{{- end }}
{{- else if eq $name (include "bridge.unsafeSetting" $) }}
{{ include "bridge.wrong.unsafe" (printf "%s." $where) }}
{{- else if not (has $name $part.known) }}
{{ printf "%s.%s is no setting there: docs/settings.md lists those of each component; other variables go to extraEnv." $where $name }}
{{- else if and (has $name $facts.all.durations) (not (regexMatch $duration (toString $value))) }}
{{ printf "%s.%s is %v, which is no duration of ISO 8601: write one such as PT30S, PT15M or P1D." $where $name $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* What may be added to all pods and to each component's: nothing that the chart has, and no secret. */}}
{{- define "bridge.wrong.extras" -}}
{{- $secrets := list "BRIDGE_KAFKA_PASSWORD" "BRIDGE_KAFKA_OAUTH_CLIENT_SECRET" "BRIDGE_BOT_APP_SECRET" "BRIDGE_MONGO_URL" "BRIDGE_VAULT_SECRET_ID" "BRIDGE_VAULT_TOKEN" }}
{{- $parts := dict "" .Values "botGateway." .Values.botGateway "tenantRegistry." .Values.tenantRegistry "jiraActor." .Values.jiraActor "keyVault." .Values.keyVault }}
{{- range $where, $part := $parts }}
{{- range $part.extraEnv }}
{{- if eq .name (include "bridge.unsafeSetting" $) }}
{{ include "bridge.wrong.unsafe" (printf "%sextraEnv: " $where) }}
{{- end }}
{{- if and .value (has .name $secrets) }}
{{ printf "%sextraEnv holds %s in clear: put it into a Secret and name that in %s." $where .name (get (include "bridge.ownedSettings" $ | fromYaml) .name) }}
{{- end }}
{{- end }}
{{- range $part.extraVolumes }}
{{- if has .name (list "data" "tmp" "secrets" "tls" "vault-token") }}
{{ printf "%sextraVolumes holds %q, which is a volume of the chart's own: give it another name." $where .name }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
