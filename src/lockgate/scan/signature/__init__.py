"""Signatures of a model's file: by a key that the policy names, or by a person or workflow that Sigstore knows.

Keys, certificates and trusted roots that come with a signature prove nothing: the policy says whom it trusts.
"""
