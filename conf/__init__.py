"""The configuration: YAML that only `runners` reads."""
