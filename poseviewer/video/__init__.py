"""Where frames come from and go to: files, cameras, streams, stills, the writer."""
