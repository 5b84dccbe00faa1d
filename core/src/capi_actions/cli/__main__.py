"""Run the command line as ``python -m capi_actions.cli``."""

import sys

from capi_actions.cli.app import main

sys.exit(main())
