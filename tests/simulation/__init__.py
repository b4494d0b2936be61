"""A made-up printer whose truth is known, told in the words of every profile, and judged."""
