"""Traffic over HTTP. Shapes are made here; nothing is decided."""
