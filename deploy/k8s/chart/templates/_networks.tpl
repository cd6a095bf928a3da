{{/*
Networks as policies see them. Every ipBlock of the chart is written here, so that no policy opens a metadata address.
The tables are those of jira_actor/addresses.py.
*/}}

{{/* Where clouds tell a machine who it is: never reachable. */}}
{{- define "bridge.networks.metadata" -}}
- 169.254.0.0/16
- 168.63.129.16/32
- 100.100.100.200/32
- 192.0.0.192/32
- fe80::/10
- fd00:ec2::/32
- fd20:ce::/32
- fd00:c1::a9fe:a9fe/128
- fd00:100::100:200/128
- fd00:a9fe:a9fe::1/128
- fd00:42::42/128
{{- end }}

{{/* The public unicast addresses. */}}
{{- define "bridge.networks.public" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except:
      - 0.0.0.0/8
      - 10.0.0.0/8
      - 100.64.0.0/10
      - 127.0.0.0/8
      - 168.63.129.16/32
      - 169.254.0.0/16
      - 172.16.0.0/12
      - 192.0.0.0/24
      - 192.0.2.0/24
      - 192.31.196.0/24
      - 192.52.193.0/24
      - 192.88.99.0/24
      - 192.168.0.0/16
      - 192.175.48.0/24
      - 198.18.0.0/15
      - 198.51.100.0/24
      - 203.0.113.0/24
      - 224.0.0.0/4
      - 240.0.0.0/4
- ipBlock:
    cidr: 2000::/3
    except:
      - 2001::/23
      - 2001:db8::/32
      - 2002::/16
      - 2620:4f:8000::/48
      - 3fff::/20
{{- end }}

{{/* Where the operator names no peers: any pod, and any address but those and the tenants' own networks. */}}
{{- define "bridge.networks.any" -}}
{{- $tenants := dict "0.0.0.0/0" list "::/0" list }}
{{- range .Values.jiraActor.allowedNetworks }}
{{- $all := ternary "::/0" "0.0.0.0/0" (contains ":" .) }}
{{- $_ := set $tenants $all (append (get $tenants $all) .) }}
{{- end }}
- namespaceSelector: {}
{{- range $cidr, $except := $tenants }}
{{ include "bridge.ipBlock" (dict "cidr" $cidr "except" $except) }}
{{- end }}
{{- end }}

{{/* list root peers: the peers, with metadata addresses cut out of their blocks; where there are none, any. */}}
{{- define "bridge.peers" -}}
{{- range last . }}
{{- if .ipBlock }}
{{ include "bridge.ipBlock" .ipBlock }}
{{- else }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- else }}
{{ include "bridge.networks.any" (first .) }}
{{- end }}
{{- end }}

{{/* dict cidr except: a peer without the metadata addresses inside it; refuses one that is a metadata address. */}}
{{- define "bridge.ipBlock" -}}
{{- $block := . }}
{{- $except := .except | default list }}
{{- if not (include "bridge.isNetwork" .cidr) }}
{{- printf "%q is no network: write address and prefix without bits behind it, such as 10.20.30.0/24." .cidr | fail }}
{{- end }}
{{- range include "bridge.networks.metadata" . | fromYamlArray }}
{{- if include "bridge.within" (list $block.cidr .) }}
{{- printf "%s lies in %s, where clouds serve metadata, which Bridge never reaches: name another network." $block.cidr . | fail }}
{{- else if include "bridge.within" (list . $block.cidr) }}
{{- $except = append $except . }}
{{- end }}
{{- end }}
- ipBlock:
    cidr: {{ .cidr }}
    {{- with $except | uniq }}
    except:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}

{{/* Truthy for a network without bits behind its prefix. */}}
{{- define "bridge.isNetwork" -}}
{{- if regexMatch "^(((0|[1-9][0-9]{0,2})\\.){3}(0|[1-9][0-9]{0,2})/[0-9]{1,2}|[0-9a-fA-F:]*::?[0-9a-fA-F:]*/[0-9]{1,3})$" . }}
{{- $parts := splitList "/" . }}
{{- $bits := include "bridge.bits" (first $parts) }}
{{- $length := last $parts | int }}
{{- if and (has (len $bits) (list 32 128)) (le $length (len $bits)) }}
{{- if not (contains "1" (substr $length (len $bits) $bits)) }}yes{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{/* list inner outer: truthy where the first network lies in the second. */}}
{{- define "bridge.within" -}}
{{- $inner := splitList "/" (index . 0) }}
{{- $outer := splitList "/" (index . 1) }}
{{- $length := index $outer 1 | int }}
{{- $sameKind := eq (contains ":" (first $inner)) (contains ":" (first $outer)) }}
{{- if and $sameKind (ge (index $inner 1 | int) $length) }}
{{- if hasPrefix (include "bridge.bits" (first $outer) | trunc $length) (include "bridge.bits" (first $inner)) }}yes{{ end }}
{{- end }}
{{- end }}

{{/* An address in binary digits: 32 or 128. */}}
{{- define "bridge.bits" -}}
{{- if contains ":" . }}
{{- $halves := splitList "::" (lower .) }}
{{- $left := compact (splitList ":" (first $halves)) }}
{{- $right := ternary (compact (splitList ":" (last $halves))) list (gt (len $halves) 1) }}
{{- $groups := $left }}
{{- range until (int (sub 8 (add (len $left) (len $right)))) }}
{{- $groups = append $groups "0" }}
{{- end }}
{{- $nibbles := splitList " " "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111" }}
{{- $digits := splitList "" "0123456789abcdef" }}
{{- range concat $groups $right }}
{{- range splitList "" (printf "0000%s" . | trunc -4) }}
{{- $digit := . }}
{{- range $at, $one := $digits }}{{ if eq $one $digit }}{{ index $nibbles $at }}{{ end }}{{ end }}
{{- end }}
{{- end }}
{{- else }}
{{- range splitList "." . }}{{ printf "%08b" (int .) }}{{ end }}
{{- end }}
{{- end }}
