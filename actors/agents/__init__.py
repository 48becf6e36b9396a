"""Policies that solve a task: `mle_star` and the baselines it is compared with."""
