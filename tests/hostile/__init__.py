"""Hostile HTML."""
