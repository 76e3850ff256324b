"""What every context of the domain speaks: channels, errors, event vocabulary."""
