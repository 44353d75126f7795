"""Stated faults planted into a copy of a clean register, to test that an audit finds them and nothing else."""
