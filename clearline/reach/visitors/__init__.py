"""Which pages and services are visited, how and by how many people, as the policy allows."""
