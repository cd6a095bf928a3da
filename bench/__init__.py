"""Speed and memory of Bridge beside what else there is, measured in one run: `python -m bench`."""
