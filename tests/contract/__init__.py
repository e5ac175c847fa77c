"""The contract suite: what every adapter owes its users, exercised over real HTTP on the simulated exchange."""
