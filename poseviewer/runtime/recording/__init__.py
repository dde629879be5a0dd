"""Recording a live source: the video, the annotated video, the data."""
