"""Made-up counties of any size, for trying things out and for measuring: everything in them is synthetic."""
