"""How the demo says that something did not happen."""


class StepFailed(Exception):
    """A step did not come to its end; `process` is the one whose log tells more."""

    def __init__(self, why: str, process: str) -> None:
        super().__init__(why)
        self.process = process
