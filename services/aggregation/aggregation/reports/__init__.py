"""Reports by mail: how the last week or the last four weeks were."""
