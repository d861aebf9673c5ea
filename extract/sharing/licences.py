"""Corpora whose licence lets nobody pass them on, features made of them included.

Synthetic sessions of their layouts have the same names: whoever made them may say so.
"""

from collections.abc import Iterable

from ...errors import UsageError

UNDER_LICENCE = {
    "daic-woz": "the end-user licence of DAIC-WOZ",
    "e-daic": "the end-user licence of E-DAIC",
    "avec2014": "the end-user licence of AVEC 2013 and 2014",
    "cmdc": "the end-user licence of CMDC",
    "d-vlog": "the terms of D-Vlog, whose features are given to whoever asks its authors",
}
OPTION = "--licence-permits"


def check_licences(corpora: Iterable[str], *, permitted: bool) -> list[str]:
    """Refuse to share what a licence forbids to pass on.

    Parameters
    ----------
    corpora : iterable of str
        Where the sessions are from.
    permitted : bool
        Whether the user says that passing it on is allowed.

    Returns
    -------
    list of str
        What was said to be permitted; empty where nothing had to be.

    Raises
    ------
    UsageError
        If a corpus is under such a licence and the user does not say so.
    """
    bound = sorted({corpus for corpus in corpora if corpus in UNDER_LICENCE})
    if bound and not permitted:
        raise UsageError(
            f"--as share: {', '.join(UNDER_LICENCE[corpus] for corpus in bound)} does not let you "
            f"pass on recordings, labels or features; {OPTION} says that you have a permission, "
            "or that the sessions are synthetic"
        )
    return [UNDER_LICENCE[corpus] for corpus in bound]
