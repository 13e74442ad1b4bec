"""What users of the simulated workloads reach: addresses, listening sockets, answers."""
