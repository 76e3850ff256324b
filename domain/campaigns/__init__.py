"""Campaigns: when they run and for whom a message is due, held back or left out."""
