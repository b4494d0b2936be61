"""The wire protocols 1.0 and 2.0: what a report may say, and how it is proven. Pure code."""
