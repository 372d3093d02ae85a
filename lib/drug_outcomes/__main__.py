"""`python -m drug_outcomes` is the command `drug-outcomes`."""

import sys

from drug_outcomes.cli import main

if __name__ == "__main__":
    sys.exit(main())
