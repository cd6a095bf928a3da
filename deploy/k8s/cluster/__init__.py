"""The chart and the manifests on a real Kubernetes API server: `make cluster-test`.

It needs Go (1.26 or newer) and a network the first time, when it builds Kubernetes' own etcd, kube-apiserver,
kube-controller-manager, kube-scheduler and kubectl into build/bin; that takes a quarter of an hour on two cores. They
listen on 127.0.0.1 alone, for as long as the tests run.

What is real: admission (with the restricted Pod Security Standard enforced and a quota, in every namespace), the
strict validation of fields, RBAC, the controllers that make Pods, endpoints and disruption budgets out of what is
installed, garbage collection, the scheduler. What is not: nodes. `kubelet.py` says of every Pod that it runs and is
ready; no container starts, so no probe, no network policy and no `helm test` is carried out here. Other projects'
kinds (Strimzi, KEDA, the Prometheus operator, Gateway API) are known by name and not by schema: see `operators.py`.

build/cluster.json tells what ran: versions, each test, how many objects.
"""
