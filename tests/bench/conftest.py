import sys
from pathlib import Path

# The benchmarks' own modules; last, so that none of them stands before a module of the same name.
sys.path.append(str(Path(__file__).parents[2] / "bench"))
