"""What ``accsyn-async doctor`` looks at: findings and what is told of them are pure; probes ask others."""
