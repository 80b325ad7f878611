"""The ways in which a command can end early, told in one line each."""


class UsageError(Exception):
    """Something the user gave is wrong; the message says what is allowed and what to do.

    The command line prints the message without a traceback and leaves with exit code 2.
    """


class StopRequested(Exception):
    """The budget ended or the user asked to stop; everything up to a checkpoint is kept."""


class ProcessLost(Exception):
    """One of several processes that train together has ended; the others cannot go on."""


def one_line(error: BaseException) -> str:
    """First line of an error's message, or its type where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
