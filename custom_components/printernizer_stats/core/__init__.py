"""Domain, without Home Assistant: prints, counters, the statistics file, reports and the export."""
