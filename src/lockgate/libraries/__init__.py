"""Libraries that measure in an interpreter of their own: environments, what they are given, what is read back."""
