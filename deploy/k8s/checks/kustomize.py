"""The kustomize that is in kubectl."""

import shutil
import subprocess
from pathlib import Path

from deploy.k8s.checks.rendered import Object, objects_in

KUBECTL = shutil.which("kubectl")


def built(overlay: Path) -> list[Object]:
    """What `kubectl apply -k` would send; no cluster is asked."""
    assert KUBECTL, "kubectl is not installed"
    done = subprocess.run([KUBECTL, "kustomize", str(overlay)], capture_output=True, text=True, check=False, timeout=60)
    assert not done.returncode, done.stderr
    assert not done.stderr, f"kustomize warns: {done.stderr}"
    return list(objects_in(done.stdout))
