"""Write data/areas/exampleshire again: `python -m drug_outcomes.example`."""

from drug_outcomes import framework
from drug_outcomes.example import folder

if __name__ == "__main__":
    root = framework.home()
    definitions = framework.load(root / framework.FRAMEWORK)
    count = folder.write(root / "data" / "areas" / "exampleshire", definitions)
    print(f"{count} files written to data/areas/exampleshire")
