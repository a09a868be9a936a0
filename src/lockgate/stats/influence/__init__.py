"""How much each row moves a metric."""
