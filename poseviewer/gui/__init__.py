"""PySide6 and pyqtgraph, the only Qt; widgets see results, never networks."""
