"""Errors a user can mend. Anything else that is raised is our own bug."""


class MsmdError(Exception):
    """What a user gave cannot be used. The command line prints it and exits with code 2.

    The message says what came, what is needed, and what to do.
    """


class AudioError(MsmdError):
    """A sound that cannot be decoded or animated."""


class CaptureError(MsmdError):
    """A video in which no usable face can be followed."""


class FormatError(MsmdError):
    """A file of curves, motion or weights that does not have the form it should."""


class BundleError(MsmdError):
    """A model bundle that is missing, damaged, or of another version."""


class OutputError(MsmdError):
    """A place that cannot be written."""
