"""Each rule of the restricted Pod Security Standard, broken once."""

from typing import Any

import pytest
from deploy.k8s.checks.pod_security import offences
from deploy.k8s.checks.rendered import Pod

SAFE: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "c",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


def with_container(**changes: Any) -> dict[str, Any]:
    return {**SAFE, "containers": [{**SAFE["containers"][0], **changes}]}


def with_security(**changes: Any) -> dict[str, Any]:
    return with_container(securityContext={**SAFE["containers"][0]["securityContext"], **changes})


def pod(spec: dict[str, Any], **metadata: Any) -> Pod:
    return Pod({"kind": "Pod", "metadata": {"name": "p"}}, metadata, spec)


@pytest.mark.parametrize(
    ("spec", "offence"),
    [
        ({**SAFE, "hostNetwork": True}, "hostNetwork"),
        ({**SAFE, "hostPID": True}, "hostPID"),
        ({**SAFE, "hostUsers": False}, "hostUsers"),
        ({**SAFE, "volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, "volume v of type hostPath"),
        ({**SAFE, "volumes": [{"name": "v", "nfs": {}}]}, "volume v of type nfs"),
        ({**SAFE, "securityContext": {"runAsNonRoot": True}}, "seccompProfile"),
        ({**SAFE, "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}, "runAsNonRoot"),
        ({**SAFE, "securityContext": {**SAFE["securityContext"], "sysctls": [{"name": "kernel.sem"}]}}, "sysctl"),
        ({**SAFE, "initContainers": [{"name": "i"}]}, "i: allowPrivilegeEscalation"),
        (with_security(privileged=True), "privileged"),
        (with_security(allowPrivilegeEscalation=True), "allowPrivilegeEscalation"),
        (with_security(runAsUser=0), "runAsUser is 0"),
        (with_security(runAsNonRoot=False), "runAsNonRoot"),
        (with_security(procMount="Unmasked"), "procMount"),
        (with_security(seccompProfile={"type": "Unconfined"}), "seccompProfile"),
        (with_security(appArmorProfile={"type": "Unconfined"}), "appArmorProfile"),
        (with_security(capabilities={"drop": ["NET_RAW"]}), "do not drop ALL"),
        (with_security(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}), "are added"),
        (with_security(seLinuxOptions={"type": "spc_t"}), "seLinuxOptions"),
        (with_security(seLinuxOptions={"user": "system_u"}), "seLinuxOptions"),
        (with_container(ports=[{"hostPort": 80}]), "hostPort"),
        (with_container(livenessProbe={"httpGet": {"host": "10.0.0.1"}}), "probe"),
    ],
)
def test_each_rule_of_the_restricted_standard_is_looked_at(spec: dict[str, Any], offence: str) -> None:
    assert offences(pod(SAFE)) == []
    assert any(offence in one for one in offences(pod(spec)))


def test_an_annotation_cannot_switch_apparmor_off() -> None:
    metadata = {"annotations": {"container.apparmor.security.beta.kubernetes.io/c": "unconfined"}}

    assert offences(pod(SAFE, **metadata)) != []
