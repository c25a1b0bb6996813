"""The OpenFX bridge seen from Python: the table of nodes (generated from the filters), installing, and examining."""
