"""Print a warning when the facts about Meta haven't been compared with their sources for 90 days.

It never fails: how old facts are says nothing about a change.
"""

import sys
from datetime import UTC, datetime

from capi_actions_facebook.facts import CHECKED, age_warning

warning = age_warning(datetime.now(UTC).date())
sys.stdout.write(f"WARNING: {warning}\n" if warning else f"facts about Meta: checked on {CHECKED}\n")
