"""What can go wrong with the sandbox, said so that the next step is clear."""


class SandboxError(Exception):
    """The sandbox cannot do what it was asked for; the message says why and what to do."""
