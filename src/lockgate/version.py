"""The version of Lockgate, as the package, Records and profiles name it."""

__version__ = "0.1.0"
