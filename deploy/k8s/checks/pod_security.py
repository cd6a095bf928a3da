"""The *restricted* Pod Security Standard, rule by rule; it holds all of *baseline* too.

Source: the table on kubernetes.io, "Pod Security Standards", of Kubernetes 1.37. User namespaces, Windows and
ephemeral containers, none of which the chart uses, are refused rather than judged.
"""

from collections.abc import Iterator

from deploy.k8s.checks.rendered import Object, Pod

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
SECCOMP = {"RuntimeDefault", "Localhost"}
CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")


def offences(pod: Pod) -> list[str]:
    """What a namespace with `pod-security.kubernetes.io/enforce: restricted` would refuse; empty when it may run."""
    said = [*_of_the_pod(pod.spec), *_of_volumes(pod.spec), *_of_annotations(pod.metadata)]
    for group in CONTAINER_LISTS:
        for container in pod.spec.get(group) or []:
            said += [f"{container['name']}: {what}" for what in _of_a_container(container, pod.spec)]
    return said


def _of_the_pod(spec: Object) -> Iterator[str]:
    yield from (key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key))
    if spec.get("hostUsers") is False:
        yield "hostUsers: relaxes other rules, which are not judged here"
    security = spec.get("securityContext") or {}
    if security.get("windowsOptions") or (spec.get("os") or {}).get("name") == "windows":
        yield "Windows is not judged here"
    for sysctl in security.get("sysctls") or []:
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']}"


def _of_volumes(spec: Object) -> Iterator[str]:
    for volume in spec.get("volumes") or []:
        for kind in set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']} of type {kind}"


def _of_annotations(metadata: Object) -> Iterator[str]:
    for key, value in (metadata.get("annotations") or {}).items():
        if key.startswith("container.apparmor.security.beta.kubernetes.io/") and value == "unconfined":
            yield f"annotation {key}"


def _of_a_container(container: Object, pod: Object) -> Iterator[str]:
    own, shared = container.get("securityContext") or {}, pod.get("securityContext") or {}
    both = {**shared, **own}
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if both.get("runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"
    if both.get("runAsUser") == 0:
        yield "runAsUser is 0"
    if own.get("procMount", "Default") != "Default":
        yield "procMount"
    if (both.get("seccompProfile") or {}).get("type") not in SECCOMP:
        yield "seccompProfile is neither RuntimeDefault nor Localhost"
    if (both.get("appArmorProfile") or {}).get("type") == "Unconfined":
        yield "appArmorProfile is Unconfined"
    yield from _of_capabilities(own.get("capabilities") or {})
    yield from _of_selinux(both.get("seLinuxOptions") or {})
    yield from _of_ports_and_probes(container)


def _of_capabilities(capabilities: Object) -> Iterator[str]:
    if "ALL" not in (capabilities.get("drop") or []):
        yield "capabilities do not drop ALL"
    if set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
        yield "capabilities are added"


def _of_selinux(options: Object) -> Iterator[str]:
    if options.get("type", "") not in SELINUX_TYPES:
        yield "seLinuxOptions.type"
    if options.get("user") or options.get("role"):
        yield "seLinuxOptions.user or role"


def _of_ports_and_probes(container: Object) -> Iterator[str]:
    if any(port.get("hostPort") for port in container.get("ports") or []):
        yield "hostPort"
    handlers = [container.get(probe) or {} for probe in ("livenessProbe", "readinessProbe", "startupProbe")]
    handlers += list((container.get("lifecycle") or {}).values())
    if any((handler.get(kind) or {}).get("host") for handler in handlers for kind in ("httpGet", "tcpSocket")):
        yield "a probe or hook with a host"
