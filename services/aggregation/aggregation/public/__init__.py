"""Public numbers: one signed file a week, made of noisy histograms of homes; worked out once, never again."""
