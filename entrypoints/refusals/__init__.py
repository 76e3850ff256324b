"""What refusals, fixes and the purposes of settings are in Korean, for every entry point that speaks to people."""
