"""The sections of the page, one file per question: each function returns its section, or None without data."""
