"""The bench of the app side: a fleet of simulated devices, and the SDK itself on the Dart VM."""
