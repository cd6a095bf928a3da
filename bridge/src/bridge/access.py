"""`bridge topics access`: what an operator of Kafka lets each of Bridge's users do."""

import shlex
from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated

import typer

from bridge.options import OutputOption
from bridge.output import Output, print_json
from contracts.access import PRINCIPALS, Access, access_of

PrefixOption = Annotated[str, typer.Option(metavar="PREFIX", help="What stands before each user's name in Kafka.")]
WHERE = '--bootstrap-server "$KAFKA" --command-config admin.properties'


def access(prefix: PrefixOption = "User:bridge-", output: OutputOption = Output.TEXT) -> None:
    """Print the commands that let each service, and this command (cli), do in Kafka what it must, and nothing else.

    Needs no Kafka. With Strimzi the chart does the same by KafkaUsers.
    """
    if output is Output.JSON:
        rules = [
            {"principal": prefix + name, "kind": one.kind, "name": one.name, "operations": list(one.operations)}
            for name in PRINCIPALS
            for one in access_of(name)
        ]
        print_json(rules)
        return
    for name in PRINCIPALS:
        for line in commands(prefix + name, access_of(name)):
            typer.echo(line)


def commands(principal: str, rules: tuple[Access, ...]) -> Iterator[str]:
    """Give one line per kind and set of operations: starting Kafka's tool takes seconds."""
    alike: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for rule in rules:
        alike[rule.kind, rule.operations].append(rule.name)
    for (kind, operations), names in alike.items():
        does = " ".join(f"--operation {operation}" for operation in operations)
        on = " ".join(f"--{kind} {name}" for name in names)
        yield f"kafka-acls.sh {WHERE} --add --allow-principal {shlex.quote(principal)} {does} {on}"
