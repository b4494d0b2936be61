"""A copy of the reports in ClickHouse, for questions that the rollups do not answer."""
