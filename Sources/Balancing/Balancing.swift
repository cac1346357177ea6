// Balancing
