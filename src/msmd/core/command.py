"""Programs beside the command line end as it does."""

import sys
from collections.abc import Callable

from msmd.core.errors import MsmdError


def run_command(main: Callable[[], None]) -> None:
    """Run a program; what a user can mend ends in one clear line and exit code 2."""
    try:
        main()
    except MsmdError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
