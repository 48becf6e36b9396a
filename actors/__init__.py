"""The agents, their roles, the models they speak to and the sandbox their scripts run in."""
