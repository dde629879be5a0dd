"""The picture: view, zoom, painter of the scene, figures over it."""
