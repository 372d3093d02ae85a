"""Write data/areas/exampleshire again: `python -m exampleshire`."""

from drug_outcomes.definitions import framework
from exampleshire import folder

if __name__ == "__main__":
    root = framework.home()
    definitions = framework.load(root / framework.FRAMEWORK)
    count = folder.write(root / "data" / "areas" / "exampleshire", definitions)
    print(f"{count} files written to data/areas/exampleshire")
