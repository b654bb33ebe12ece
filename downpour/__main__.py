"""``python -m downpour``."""

import sys

from downpour.app import main

sys.exit(main())
