"""The panels, a file for each page: questions, answers, tables, charts."""
