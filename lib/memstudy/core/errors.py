"""The two ways in which a command can end early, told in one line each."""


class UsageError(Exception):
    """Something the user gave is wrong; the message says what is allowed and what to do.

    The command line prints the message without a traceback and leaves with exit code 2.
    """


class StopRequested(Exception):
    """The budget ended or the user asked to stop; everything up to a checkpoint is kept."""
