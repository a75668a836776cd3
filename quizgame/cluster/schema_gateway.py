"""Types of Gateway API's custom resources. Source: Gateway API 1.4.1 CRDs."""

TABLE = """
"""
