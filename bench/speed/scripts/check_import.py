"""Nothing but the import of Evidently with its presets."""

import evidently
import evidently.presets

assert evidently.__version__
