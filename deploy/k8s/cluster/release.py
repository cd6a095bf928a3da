"""A release of the chart in a namespace of its own, as Helm keeps it and as the cluster holds it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.k8s.cluster.commands import Command, CommandRefused, Kubectl, Printed

CHART = Path("deploy/k8s/chart")
PROFILES = sorted((CHART / "values").glob("*.yaml"))
READY_WITHIN = "120s"


@dataclass(frozen=True)
class Cluster:
    """The two commands that act on it."""

    kubectl: Kubectl
    helm: Command


@dataclass(frozen=True)
class Release:
    """The chart's release `bridge` in `namespace`, with these values files; done as `user` where one is named."""

    cluster: Cluster
    namespace: str
    values: tuple[Path, ...]
    user: str = ""

    def install(self, chart: Path, *settings: str) -> Printed:
        """Install `chart` or upgrade to it, and wait until all of it is ready; `settings` are `--set`'s."""
        sets = [word for setting in settings for word in ("--set", setting)]
        files = [word for file in self.values for word in ("--values", str(file))]
        return self._helm("upgrade", "--install", "bridge", str(chart), "--wait", *files, *sets)

    def rollback(self, revision: int) -> None:
        self._helm("rollback", "bridge", str(revision), "--wait")

    def uninstall(self) -> None:
        """Uninstall it, if it is installed."""
        self._helm("uninstall", "bridge", "--wait", "--ignore-not-found")

    def delete_topics(self) -> None:
        """What docs/operate.md says besides: Helm keeps topics, because they hold messages."""
        which = ("--namespace", "kafka", "--selector", "app.kubernetes.io/instance=bridge")
        self.cluster.kubectl.run("delete", "kafkatopics", *which)

    def test(self) -> Printed:
        """`helm test`; here its Pod is accepted, and told to have succeeded without having run."""
        return self._helm("test", "bridge")

    def manifest(self) -> str:
        """What Helm says it installed last."""
        return self.cluster.helm("get", "manifest", "bridge", "--namespace", self.namespace).out

    def drift(self) -> str:
        """What differs between that and what the cluster holds; empty when nothing does."""
        try:
            return self.cluster.kubectl.run("diff", "-f", "-", given=self.manifest()).out
        except CommandRefused as differs:
            return str(differs)

    def installed(self) -> list[dict[str, Any]]:
        """The objects of that manifest, as the cluster holds them."""
        given = self.manifest()
        listed = self.cluster.kubectl.run("get", "-f", "-", "-o", "json", given=given).out
        items: list[dict[str, Any]] = json.loads(listed)["items"]
        return items

    def names(self) -> set[tuple[str, str]]:
        """Kind and name of each."""
        return {(one["kind"], one["metadata"]["name"]) for one in self.installed()}

    def images(self) -> set[str]:
        """The images that Deployments name."""
        pods = [one["spec"]["template"]["spec"] for one in self.objects("deployments")]
        return {container["image"] for pod in pods for container in pod["containers"]}

    def objects(self, *kinds: str) -> list[dict[str, Any]]:
        return self.cluster.kubectl.items(kinds, "--namespace", self.namespace)

    def _helm(self, *arguments: str) -> Printed:
        who = ("--kube-as-user", self.user) if self.user else ()
        return self.cluster.helm(*arguments, *who, "--namespace", self.namespace, "--timeout", READY_WITHIN)
