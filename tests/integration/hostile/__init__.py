"""A hostile SSH server: transport.py speaks SSH well, scenarios.py misuses it."""
