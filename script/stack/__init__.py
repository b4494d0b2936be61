"""The running parts of the main job: service, OctoPrint, Home Assistant, and what drives them."""
