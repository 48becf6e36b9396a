"""The errors of the scratchpad: one root, a leaf for each thing a caller may want to tell apart."""


class ScratchpadError(Exception):
    """The root of every error the scratchpad raises on purpose."""


class AccessError(ScratchpadError):
    """A read or append outside the caller's own namespace."""


class JournalError(ScratchpadError):
    """A journal or blob cannot be read or written; the message names the file."""


class DuplicateStepError(ScratchpadError):
    """A step key that its attempt has already recorded."""
