{{/*
One complaint a line, for validate.yaml: what is wrong and what to write.
*/}}

{{- define "bridge.wrong.needed" -}}
{{- $needed := dict
  "publicUrl" (list .Values.publicUrl "how browsers and Jira reach tenant-registry, such as https://bridge.example.com")
  "kafka.bootstrap" (list .Values.kafka.bootstrap "the brokers, such as kafka-bootstrap.kafka:9093")
  "mongodb.existingSecret" (list .Values.mongodb.existingSecret "the Secret that holds MongoDB's URL")
  "vault.url" (list .Values.vault.url "Vault's address, such as https://vault.example.com:8200")
  "botGateway.bot.appId" (list .Values.botGateway.bot.appId "the Azure bot's application (client) id")
  "botGateway.bot.existingSecret" (list .Values.botGateway.bot.existingSecret "the Secret that holds the bot's client secret")
}}
{{- range $key, $one := $needed }}
{{- if not (first $one) }}
{{ printf "%s is not set: give it %s." $key (last $one) }}
{{- end }}
{{- end }}
{{- range $key, $ca := dict "kafka.ca" .Values.kafka.ca "kafka.oauth.ca" .Values.kafka.oauth.ca "mongodb.ca" .Values.mongodb.ca "vault.ca" .Values.vault.ca "jiraActor.ca" .Values.jiraActor.ca }}
{{- if and $ca.existingSecret $ca.existingConfigMap }}
{{ printf "%s names both a Secret and a ConfigMap: keep one." $key }}
{{- end }}
{{- end }}
{{- end }}

{{- define "bridge.wrong.kafka" -}}
{{- $kafka := .Values.kafka }}
{{- range splitList "," $kafka.bootstrap }}
{{- if and $kafka.bootstrap (not (regexMatch "^[^:/ ]+:[0-9]+$" (trim .))) }}
{{ printf "kafka.bootstrap holds %q, which is no host:port: write brokers such as broker-0.kafka:9093,broker-1.kafka:9093." . }}
{{- end }}
{{- end }}
{{- $sasl := hasPrefix "sasl" $kafka.security }}
{{- $oauth := and $sasl (eq $kafka.saslMechanism "OAUTHBEARER") }}
{{- if and $kafka.clientCertificate (not (hasSuffix "ssl" $kafka.security)) }}
{{ printf "kafka.clientCertificate needs TLS, but kafka.security is %s: set it to ssl or sasl_ssl." $kafka.security }}
{{- end }}
{{- if and $oauth (not $kafka.oauth.tokenUrl) }}
kafka.oauth.tokenUrl is not set, but kafka.saslMechanism is OAUTHBEARER: give it where tokens are fetched.
{{- end }}
{{- range $key, $name := include "bridge.kafka.clients" . | fromYaml }}
{{- $c := dict "root" $ "name" $name "image" $name "values" (index $.Values $key) }}
{{- if and (or $sasl $kafka.clientCertificate) (not (include "bridge.kafka.secret" $c)) }}
{{ printf "%s has no Secret for Kafka: set %s.kafka.existingSecret, or kafka.existingSecret for all." $name $key }}
{{- end }}
{{- if and $sasl (not $oauth) (not (include "bridge.kafka.username" $c)) }}
{{ printf "%s has no Kafka user: set %s.kafka.username, or kafka.username for all." $name $key }}
{{- end }}
{{- if and $oauth (not (include "bridge.kafka.clientId" $c)) }}
{{ printf "%s has no OAuth client: set %s.kafka.clientId, or kafka.oauth.clientId for all." $name $key }}
{{- end }}
{{- end }}
{{- end }}

{{/* Who logs in to Kafka: the components, and the command where it runs. */}}
{{- define "bridge.kafka.clients" -}}
{{ include "bridge.components" . }}
{{- if or .Values.topicsJob.enabled .Values.doctor.enabled }}
cli: cli
{{- end }}
{{- end }}

{{- define "bridge.wrong.vault" -}}
{{- $auth := .Values.vault.auth }}
{{- if and .Values.vault.url (not (regexMatch "^https?://[^/]+$" .Values.vault.url)) }}
{{ printf "vault.url is %q: write scheme, host and port alone, such as https://vault.example.com:8200." .Values.vault.url }}
{{- end }}
{{- if and (eq $auth.method "approle") (not (and $auth.roleId $auth.existingSecret)) }}
vault.auth.method is approle: set vault.auth.roleId, and vault.auth.existingSecret to the Secret that holds the secret id.
{{- end }}
{{- if and (eq $auth.method "token") (not $auth.existingSecret) }}
vault.auth.method is token: set vault.auth.existingSecret to the Secret that holds it, or use kubernetes.
{{- end }}
{{- if and (eq $auth.method "kubernetes") (not $auth.audience) }}
vault.auth.audience is empty: name the audience that Vault's role asks for, so that the token is good for nothing else.
{{- end }}
{{- end }}

{{- define "bridge.wrong.public" -}}
{{- $exposed := or .Values.ingress.enabled .Values.httpRoute.enabled }}
{{- with .Values.publicUrl }}
{{- if not (regexMatch "^https?://[^/?#]+(/[^?#]*[^/?#])?$" .) }}
{{ printf "publicUrl is %q: write scheme and host, without a trailing slash, such as https://bridge.example.com." . }}
{{- else if and $exposed (urlParse .).path }}
{{ printf "publicUrl has the path %s, which ingress and httpRoute do not take away: use a host of its own, or route it yourself." (urlParse .).path }}
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled .Values.httpRoute.enabled }}
ingress.enabled and httpRoute.enabled are both true, so each edge would be public twice: keep one.
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
httpRoute.parentRefs is empty: name the Gateway, such as [{name: public, namespace: gateways}].
{{- end }}
{{- if and .Values.singleTenant .Values.botGateway.teamsTenants }}
singleTenant and botGateway.teamsTenants are both set: the first already says who may use the bot; remove the second.
{{- end }}
{{- end }}

{{- define "bridge.wrong.ids" -}}
{{- $bot := .Values.botGateway }}
{{- $given := dict
  "singleTenant" (list .Values.singleTenant)
  "botGateway.bot.appId" (list $bot.bot.appId)
  "botGateway.teamsTenants" $bot.teamsTenants
  "tenantRegistry.registrars" .Values.tenantRegistry.registrars
}}
{{- range $key, $ids := $given }}
{{- range compact $ids }}
{{- if not (regexMatch "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" .) }}
{{ printf "%s holds %q, which is no id of Entra: copy it from the Azure portal, such as 22222222-2222-2222-2222-222222222222." $key . }}
{{- end }}
{{- end }}
{{- end }}
{{- if not (regexMatch "^([0-9a-f]{64})?$" .Values.tenantRegistry.operatorTokenHash) }}
tenantRegistry.operatorTokenHash is not 64 hex digits: write what `printf %s "$TOKEN" | sha256sum` prints, never the token.
{{- end }}
{{- end }}

{{- define "bridge.wrong.pods" -}}
{{- range $key, $name := merge (dict "cli" "cli") (include "bridge.components" . | fromYaml) }}
{{- with (index $.Values $key).image.digest }}
{{- if not (regexMatch "^sha256:[0-9a-f]{64}$" .) }}
{{ printf "%s.image.digest is %q: write sha256: and 64 hex digits, as `crane digest` or `docker buildx imagetools inspect` prints it." $key . }}
{{- end }}
{{- end }}
{{- end }}
{{- range $key := list "jiraActor" "keyVault" }}
{{- $name := index (include "bridge.components" $ | fromYaml) $key }}
{{- $values := index $.Values $key }}
{{- $partitions := (include "bridge.facts" (dict "root" $ "name" $name) | fromYaml).partitions | int }}
{{- if and (not $values.keda.enabled) (gt (int $values.replicas) $partitions) }}
{{ printf "%s.replicas is %d, but its topics have %d partitions, and a pod without one has nothing to do: at most %d." $key (int $values.replicas) $partitions $partitions }}
{{- end }}
{{- if and $values.keda.enabled (gt (int $values.keda.minReplicas) (min $values.keda.maxReplicas $partitions | int)) }}
{{ printf "%s.keda.minReplicas is %d: at most %d, which is the lower of maxReplicas and its topics' partitions." $key (int $values.keda.minReplicas) (min $values.keda.maxReplicas $partitions | int) }}
{{- end }}
{{- end }}
{{- range $key := list "botGateway" "tenantRegistry" }}
{{- with (index $.Values $key).autoscaling }}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}
{{ printf "%s.autoscaling.minReplicas is above maxReplicas." $key }}
{{- end }}
{{- end }}
{{- end }}
{{- $least := add .Values.drainSeconds .Values.preStopSeconds 10 | int }}
{{- if lt (int .Values.terminationGracePeriodSeconds) $least }}
{{ printf "terminationGracePeriodSeconds is %d: at least %d (drainSeconds, preStopSeconds and 10 to close connections), or work under way is cut off." (int .Values.terminationGracePeriodSeconds) $least }}
{{- end }}
{{- end }}

{{- define "bridge.wrong.networks" -}}
{{- range .Values.jiraActor.allowedNetworks }}
{{- if not (include "bridge.isNetwork" .) }}
{{ printf "jiraActor.allowedNetworks holds %q: write address and prefix without bits behind it, such as 10.20.30.0/24." . }}
{{- else if has (index (splitList "/" .) 1) (list "0") }}
{{ printf "jiraActor.allowedNetworks holds %s, which is everything: name the networks that hold a Jira." . }}
{{- end }}
{{- end }}
{{- range .Values.tenantRegistry.trustedProxies }}
{{- if not (include "bridge.isNetwork" .) }}
{{ printf "tenantRegistry.trustedProxies holds %q: write address and prefix without bits behind it, such as 10.244.0.0/16." . }}
{{- end }}
{{- end }}
{{- if not (or .Values.jiraActor.networkPolicy.public .Values.jiraActor.allowedNetworks) }}
jiraActor.networkPolicy.public is false and jiraActor.allowedNetworks is empty, so no Jira could be reached: name its network.
{{- end }}
{{- $scraped := or .Values.monitoring.podMonitor.enabled .Values.monitoring.serviceMonitor.enabled }}
{{- if and $scraped .Values.networkPolicy.enabled (not .Values.networkPolicy.monitoring.from) }}
monitoring is enabled, but networkPolicy.monitoring.from lets nobody read metrics: name Prometheus's namespace there.
{{- end }}
{{- end }}

{{- define "bridge.wrong.operators" -}}
{{- $strimzi := .Values.strimzi }}
{{- $kafka := .Values.kafka }}
{{- if and .Values.topicsJob.enabled $strimzi.topics.create }}
topicsJob.enabled and strimzi.topics.create are both true: leave the topics to one of them.
{{- end }}
{{- range $key, $one := $strimzi }}
{{- if and $one.create (not $one.cluster) }}
{{ printf "strimzi.%s.cluster is not set: name the Kafka resource." $key }}
{{- end }}
{{- end }}
{{- if $strimzi.users.create }}
{{- if and (eq $strimzi.users.authentication "tls") (not $kafka.clientCertificate) }}
strimzi.users.authentication is tls: set kafka.security to ssl and kafka.clientCertificate to true.
{{- end }}
{{- if and (eq $strimzi.users.authentication "scram-sha-512") (not (and (hasPrefix "sasl" $kafka.security) (eq $kafka.saslMechanism "SCRAM-SHA-512"))) }}
strimzi.users.authentication is scram-sha-512: set kafka.security to sasl_ssl and kafka.saslMechanism to SCRAM-SHA-512.
{{- end }}
{{- if and .Values.topicsJob.enabled (not (coalesce .Values.cli.kafka.existingSecret $kafka.existingSecret)) }}
topicsJob runs before Strimzi makes the users: set cli.kafka.existingSecret to a Secret that is already there.
{{- end }}
{{- end }}
{{- if and .Values.monitoring.podMonitor.enabled .Values.monitoring.serviceMonitor.enabled }}
monitoring.podMonitor and monitoring.serviceMonitor are both enabled, so every sample would be counted twice: keep one.
{{- end }}
{{- end }}
