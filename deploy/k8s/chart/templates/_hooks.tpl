{{/*
The topics Job is a hook before install and upgrade: new pods find their topics, and where topics cannot be made nothing
else is changed. What a hook needs must be a hook, too. The doctor is a test.
*/}}

{{- define "bridge.hook.topics" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-output-log-policy: hook-failed
{{- end }}

{{- define "bridge.hook.doctor" -}}
helm.sh/hook: test
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
{{- end }}

{{/* What a hook needs comes before it. */}}
{{- define "bridge.hook.before" -}}
{{- omit (include (printf "bridge.hook.%s" .name) . | fromYaml) "helm.sh/hook-output-log-policy" | toYaml }}
helm.sh/hook-weight: "-5"
{{- end }}

{{- define "bridge.hook.serviceAccount" -}}
{{- $annotations := mergeOverwrite (deepCopy .root.Values.serviceAccount.annotations) (include "bridge.hook.before" . | fromYaml) }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "bridge.metadata" (merge (dict "annotations" $annotations) .) | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{/* With DNS: before the first install the release's own policy for that is not there. */}}
{{- define "bridge.hook.networkPolicy" -}}
{{- $annotations := include "bridge.hook.before" . | fromYaml }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "bridge.metadata" (merge (dict "annotations" $annotations) .) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "bridge.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "bridge.egress.dns" . | trim | nindent 4 }}
    {{- include (printf "bridge.egress.%s" .name) . | trim | nindent 4 }}
{{- end }}
