"""The view of the frame: zoom, painter of the scene, text in its corners."""
