"""Community: the public numbers of a week, checked, and what is counted at home beside them."""
