"""Equilibria of two-power bargains: when a truce holds, who would break it, what would flip it."""

from __future__ import annotations
